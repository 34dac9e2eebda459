/* Clicks: everything visible at a point, in one sheet. */
(() => {
  "use strict";
  const { word, tell, node, decimal } = gisland;
  const TOUCH_PX = 6; // how near a click must come to a line or a point
  const LEAST_PX = 220; // height of a sheet for which the map is moved, if it must
  const ID = "\0", M2 = "\0", MU = "\u0001"; // places in titles and areas
  let mark = null;

  /* Key and popup of a feature; what rows of a table share is put together here. */
  gisland.about = (layer, i) => {
    const { facts, arrays } = layer.told, popup = facts.popups[i] || {};
    if (facts.keys) return { key: facts.keys[i], popup };
    const { id, own } = layer.head; // ids of other people's tables need not differ
    return { key: own ? `${id}:${i}` : `${facts.key}:${facts.ids[i]}`, popup: {
      t: facts.title.replace(ID, () => gisland.apart(facts.ids[i])),
      s: facts.badges[arrays.badge[i]] || undefined,
      b: (popup.b || [["columns"]]).map((part) => (part[0] === "columns" ? ["rows", columns(layer, i)] : part)),
    } };
  };

  /* Names and values of the columns of a row; missing ones are told of some columns alone. */
  function columns(layer, i) {
    const { facts, arrays } = layer.told, rows = [];
    facts.columns.forEach((column, c) => {
      const held = arrays["column:" + c][i];
      if (held !== 0) rows.push([column.label, shown(column, held, arrays[`column:${c}:mu`], i)]);
      else if (column.always) rows.push([column.label, word("missing")]);
    });
    return rows;
  }

  function shown(column, held, mu, i) {
    if (column.values) return column.values[held - 1];
    const whole = held > 0 ? held - 1 : held;
    if (column.plain) return String(whole);
    if (!column.area) return decimal(whole, column.digits) + (column.percent ? "%" : "") + column.unit;
    const inMu = decimal(mu[i] > 0 ? mu[i] - 1 : mu[i], column.mu);
    return column.area.replace(M2, decimal(whole, column.m2)).replace(MU, inMu);
  }

  /* Layers that are drawn, at a place or at all. */
  gisland.visible = (map) => gisland.layers.filter((layer) => map.hasLayer(layer));

  /* Features at a point, those that explain most first; each thing once. */
  gisland.found = (map, at) => {
    const point = map.project(at), reach = map.unproject(point.add([TOUCH_PX, 0]));
    const units = (Math.abs(reach.lng - at.lng) / 360) * 2 ** 32;
    const seen = new Map();
    for (const layer of gisland.visible(map, at)) {
      if (!layer.told) continue;
      for (const i of layer.at(at, units)) {
        const { key, popup } = gisland.about(layer, i);
        if (popup.t && !seen.has(key)) seen.set(key, { key, layer, i, popup });
      }
    }
    return [...seen.values()].sort((a, b) => a.layer.head.order - b.layer.head.order);
  };

  gisland.identify = (map) => {
    map.on("popupclose", unmark);
    map.on("click", ({ latlng }) => { if (!gisland.busy) gisland.ask(map, latlng); }); // a tool has them
    gisland.onLanguage(() => map.closePopup());
  };

  /* Tell what there is at a place. */
  gisland.ask = async (map, latlng) => {
    await gisland.known();
    const all = gisland.found(map, latlng);
    if (!all.length) gisland.say(word("nothing_here"));
    gisland.open(map, latlng, all);
  };

  const unmark = () => { if (mark) mark.remove(); mark = null; };

  /* One popup for all features at a point, no higher than the room above it if that is enough:
     then the map stands still. */
  gisland.open = (map, at, all) => {
    map.closePopup();
    if (!all.length) return;
    gisland.foldAll(map); // on narrow screens, a popup and no panel over it
    const size = map.getSize(), free = gisland.margins(map);
    const room = map.latLngToContainerPoint(at).y - free.top - 60;
    const sheet = content(all);
    const most = Math.min(size.y * 0.6, size.y - free.top - 80);
    sheet.style.maxHeight = Math.max(160, Math.min(most, Math.max(room, LEAST_PX))) + "px";
    const popup = L.popup({
      maxWidth: Math.min(420, size.x - 60), minWidth: Math.min(400, size.x - 80),
      autoPanPaddingTopLeft: [12, free.top], autoPanPaddingBottomRight: [free.right, 12],
      className: "gi-popup",
    }).setLatLng(at).setContent(sheet).openOn(map);
    const fit = () => { // a part was opened or folded: keep the sheet in view, and its place
      const top = sheet.scrollTop;
      popup.update();
      sheet.scrollTop = top;
    };
    sheet.querySelectorAll("details").forEach((part) => { part.ontoggle = fit; });
    mark = marked(all[0]).addTo(map);
    map.fire("gi-open", { hit: all[0], count: all.length });
  };

  function marked({ layer, i }) {
    const style = { interactive: false, color: "#111", weight: 3, fill: false };
    const lines = layer.lines(i), rings = lines.filter((line) => line.dimension === 2);
    const shapes = lines.map(({ dimension, places }) =>
      dimension === 1 ? L.polyline(places, style) : dimension === 0 ? L.circleMarker(places[0], { ...style, radius: 9 }) : null);
    if (rings.length) shapes.push(L.polygon(rings.map((ring) => ring.places), style));
    return L.layerGroup(shapes.filter(Boolean));
  }

  function content(all) {
    const box = node("div", "gi-sheet");
    const quoted = new Set(); // each rule is quoted once
    const fresh = ([kind, text]) => kind !== "quote" || (!quoted.has(text) && quoted.add(text));
    all.forEach((hit, n) => {
      const part = node("details");
      part.open = n === 0 || hit.open || hit.layer.head.open;
      const head = node("summary", "");
      head.append(node("span", "", hit.popup.t));
      if (hit.popup.s !== undefined) head.append(" ", node("span", "gi-badge", hit.popup.s));
      part.append(head, ...hit.popup.b.filter(fresh).map(block));
      box.append(part);
    });
    return box;
  }

  /* A block is [kind, ...]: rows, list, table or quote. */
  function block([kind, ...rest]) {
    return { rows, list, table, quote }[kind](...rest);
  }

  function rows(told) {
    const made = node("table", "gi-rows");
    for (const [name, value] of told) {
      const row = made.insertRow(), head = node("th", "", name);
      head.scope = "row";
      row.append(head, node("td", "", value));
    }
    return made;
  }

  function list(heading, items) {
    const made = node("div", "gi-list");
    const bullets = node("ul");
    bullets.append(...items.map((item) => node("li", "", item)));
    made.append(node("h4", "", heading), bullets);
    return made;
  }

  function table(heading, heads, lines) {
    const made = node("div", "gi-table");
    const grid = node("table");
    const head = node("tr");
    head.append(...heads.map((c) => node("th", "", c)));
    grid.append(head);
    for (const line of lines) grid.insertRow().append(...line.map((cell) => node("td", "", cell)));
    made.append(node("h4", "", heading), grid);
    return made;
  }

  function quote(text, source) {
    const made = node("blockquote", "");
    made.append(node("span", "", text), node("cite", "", source));
    return made;
  }
})();
