/* Short messages: to screen readers, and on the map. */
(() => {
  "use strict";
  const { word, tell, node, button } = gisland;
  const SHOWN_MS = 8000;
  const PAUSE_MS = 60; // an emptied place is read again, also when the text is the same
  const live = node("p", "gi-unseen");
  live.setAttribute("role", "status");
  document.body.append(live);
  let shown = null;

  gisland.say = (text) => {
    tell(live, "");
    setTimeout(() => tell(live, text), PAUSE_MS);
  };

  /* A message on the map that goes by itself; with more than text it stays until it is closed. */
  gisland.notice = (map, text, ...more) => {
    if (shown) shown.remove();
    const box = shown = node("div", "gi-panel gi-notice");
    const close = button("gi-plain", "×", () => box.remove());
    tell(close, word("close"), "aria-label");
    box.append(node("p", "", text), ...more, close);
    L.DomEvent.disableClickPropagation(box);
    map.getContainer().append(box);
    gisland.say(text);
    if (!more.length) setTimeout(() => box.remove(), SHOWN_MS);
  };
})();
