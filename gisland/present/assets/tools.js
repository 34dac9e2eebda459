/* The bar of tools at the foot of the map. */
(() => {
  "use strict";
  const { word, tell, node, button } = gisland;

  const group = (label, parts) => {
    const made = node("div", "gi-group");
    made.setAttribute("role", "group");
    tell(made, label, "aria-label");
    made.append(...parts);
    return made;
  };

  /* Buttons of which one is pressed, or none. */
  function presses(all, press) {
    const made = Object.entries(all).map(([key, text]) => {
      const one = button("", text, () => press(key, one.getAttribute("aria-pressed") === "true"));
      return [key, one];
    });
    const show = (key) => made.forEach(([each, one]) => one.setAttribute("aria-pressed", String(each === key)));
    return { buttons: made.map(([, one]) => one), show };
  }

  gisland.tools = (map) => {
    const bar = node("div", "gi-tools"), row = node("div", "gi-row");
    if (gisland.comparable()) {
      const modes = { off: word("result"), before: word("before"), after: word("after"), swipe: word("compare") };
      const { buttons, show } = presses(modes, (mode) => gisland.compare(map, mode));
      map.on("gi-compare", ({ mode }) => show(mode));
      show("off");
      row.append(group(word("compare"), buttons));
    }
    const kinds = { length: word("measure_length"), area: word("measure_area") };
    const { buttons, show } = presses(kinds, (kind, on) => gisland.measure(map, on ? null : kind));
    map.on("gi-measure", ({ kind }) => show(kind));
    show(null);
    row.append(group(word("measure"), buttons),
      group(word("print"), [button("", word("print"), () => gisland.printView(map, {}))]));
    bar.append(gisland.measured(map), row);
    L.DomEvent.disableClickPropagation(bar);
    L.DomEvent.disableScrollPropagation(bar);
    map.getContainer().append(bar);
  };
})();
