/* Everything by keyboard, and told to screen readers. */
(() => {
  "use strict";
  const { word, tell, node, button } = gisland;
  const KEYS = [["/", "key_find"], ["← ↑ → ↓", "key_pan"], ["+ −", "key_zoom"], ["Enter", "key_ask"], ["↑ ↓", "key_hits"],
                ["Tab", "key_tab"], ["Esc", "key_close"], ["?", "key_help"]];
  const get = (map, selector) => map.getContainer().querySelector(selector);
  const typing = ({ tagName }) => ["INPUT", "SELECT", "TEXTAREA"].includes(tagName);
  let opener = null; // what had the focus before the popup

  /* A sheet over the page; Esc closes it and gives the focus back. */
  gisland.dialog = (title, ...parts) => {
    const box = node("dialog", "gi-dialog"), head = node("h2", "", title);
    tell(box, title, "aria-label");
    box.append(head, ...parts, button("gi-plain", word("close"), () => box.close()));
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.showModal();
    return box;
  };

  gisland.help = () => {
    const table = node("table", "gi-keys");
    for (const [key, told] of KEYS) {
      const row = table.insertRow(), head = node("th");
      head.scope = "row";
      head.append(node("kbd", "", key));
      row.append(head, node("td", "", word(told)));
    }
    gisland.dialog(word("keys"), table);
  };

  /* The popup is a dialog: it gets the focus, and gives it back when it closes. */
  function popups(map) {
    map.on("gi-open", ({ hit, count }) => {
      gisland.say(word("at_place", count.toLocaleString("en")));
      const popup = map._popup, box = popup.getElement(), close = box.querySelector(".leaflet-popup-close-button");
      box.setAttribute("role", "dialog");
      box.tabIndex = -1;
      tell(box, hit.popup.t, "aria-label");
      if (close) tell(close, word("close"), "aria-label");
      if (!opener) opener = document.activeElement;
      box.focus({ preventScroll: true });
    });
    map.on("popupclose", () => { // what had the focus in it left the page, and the body has it
      const back = opener;
      opener = null;
      if (document.activeElement !== document.body || !back) return;
      back.focus({ preventScroll: true });
      if (document.activeElement !== back) map.getContainer().focus({ preventScroll: true }); // it is hidden now
    });
  }

  function findFocus(map) {
    const input = get(map, ".gi-find input");
    if (!input) return;
    const fold = input.closest("details");
    if (fold) fold.open = true;
    input.focus();
  }

  /* Arrow keys move from the search into what was found, and in it. */
  function hitKeys(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], box = event.target.closest(".gi-find");
    if (!step || !box) return;
    const all = [box.querySelector("input"), ...box.querySelectorAll("button")];
    const next = all[all.indexOf(event.target) + step];
    event.preventDefault();
    if (next) next.focus();
  }

  function pressed(map, event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && map._popup && map._popup.isOpen()) map.closePopup();
    else if (event.key === "Enter" && event.target === map.getContainer() && !gisland.busy) gisland.ask(map, map.getCenter());
    else if (event.key === "/" && !typing(event.target)) findFocus(map);
    else if (event.key === "?" && !typing(event.target)) gisland.help();
    else {
      hitKeys(event);
      return;
    }
    event.preventDefault();
  }

  gisland.starts.push((map) => {
    const frame = map.getContainer(), list = get(map, ".leaflet-control-layers");
    frame.setAttribute("role", "region");
    tell(frame, word("map_of", gisland.pageData.title), "aria-label");
    if (list) {
      list.setAttribute("role", "group");
      tell(list, word("layers"), "aria-label");
    }
    popups(map);
    document.addEventListener("keydown", (event) => pressed(map, event));
    const help = button("", "?", gisland.help);
    for (const place of ["title", "aria-label"]) tell(help, word("keys"), place);
    const doors = [gisland.sitesButton, gisland.linkButton].filter(Boolean).map((door) => door(map));
    get(map, ".gi-corner").append(...doors, help);
  });
})();
