/* The moving parts of a gisland map: layers, popups, labels, legend and title panel.
   The page carries its data as <script type="application/json"> blocks. Text from data reaches
   the page through textContent alone, never as markup. */
const gisland = (() => {
  "use strict";
  const TOUCH_PX = 6; // how near a click must come to a line or a point
  const LABEL_PX = 30; // size of a feature that has room for its sign
  const LETTER_PX = 9; // width of a letter of a site's name
  const LEAST_PX = 220; // height of a sheet for which the map is moved, if it must
  const MOST_HITS = 20;
  const NARROW_PX = 760; // below this width the panels start folded
  const SVG = "http://www.w3.org/2000/svg";
  const layers = []; // every layer of the map, bottom first
  const folds = []; // the panels that can be folded
  const OPAQUE = 0.5; // fills beyond this opacity would hide a density surface
  const density = { data: null, shown: null, image: null }; // surfaces, and which one is shown

  const read = (name) => JSON.parse(document.getElementById("gisland-" + name).textContent);
  const texts = read("texts");
  // Repeated text is stored once: a number stands for an entry of `texts`.
  const word = (value) => (typeof value === "number" ? texts[value] : value);

  function node(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined && text !== null) made.textContent = word(text);
    return made;
  }

  /* Layers ------------------------------------------------------------------------------- */

  function layer(map, name) {
    const data = read(name);
    const group = L.geoJSON(null, {
      interactive: false, // clicks are answered by identify(), for all layers at once
      style: (f) => drawn(data.classes[f.properties.c].style, f.geometry, 1),
      pointToLayer: (f, at) => L.circleMarker(at, { radius: 6 }),
    });
    for (const [c, key, popup, geometry, tag] of data.features) {
      const feature = { type: "Feature", properties: { c, key, popup, tag }, geometry };
      group.addData(feature);
    }
    const shapes = group.getLayers();
    const labels = shapes.filter((s) => s.feature.properties.tag).map((s) => label(s, data.names));
    labels.forEach((l) => group.addLayer(l));
    Object.assign(group, { data, shapes, labels });
    layers.push(group);
    layers.sort((a, b) => a.data.rank - b.data.rank);
    group.on("add", () => {
      for (const g of layers) if (g.data.rank > data.rank && map.hasLayer(g)) g.bringToFront();
      rescale(map, group);
    });
    return group;
  }

  const hides = (style) => style.fill && style.fillOpacity > OPAQUE;

  /* Style of one feature: thinner on small scales; a line is never closed and filled; above a
     density surface nothing is filled that would hide it. */
  function drawn(style, geometry, share) {
    const fill = style.fill && !geometry.type.includes("Line") && !(density.shown && hides(style));
    return { ...style, fill, weight: style.weight * share };
  }

  /* Full line widths up to 2 m per pixel, thinner beyond, so that far views stay readable. */
  function lineShare(map) {
    const size = map.getSize();
    const metres = map.distance(map.containerPointToLatLng([0, size.y / 2]),
                                map.containerPointToLatLng([100, size.y / 2])) / 100;
    return Math.round(Math.max(0.3, Math.min(1, 2 / metres)) * 20) / 20;
  }

  function label(shape, name) {
    const at = shape.feature.properties.tag;
    const className = "gi-label" + (name ? " gi-name" : "");
    const icon = L.divIcon({ className, html: node("span", "", at[0]), iconSize: [20, 20] });
    const made = L.marker([at[2], at[1]], { icon, interactive: false, keyboard: false });
    made.box = shape.getBounds();
    made.room = name ? Math.max(LABEL_PX, String(word(at[0])).length * LETTER_PX) : LABEL_PX;
    return made;
  }

  /* Line widths for the scale of the view; names of sites are shown where they fit, signs of
     scraps all or none: from the scale on at which at least half of them fit. */
  function rescale(map, group) {
    const share = lineShare(map), look = share + (density.shown ? " open" : "");
    if (group.look !== look)
      group.setStyle((f) => drawn(group.data.classes[f.properties.c].style, f.geometry, share));
    group.look = look;
    const fits = (made) => {
      const a = map.latLngToContainerPoint(made.box.getSouthWest());
      const b = map.latLngToContainerPoint(made.box.getNorthEast());
      const wide = Math.abs(a.x - b.x), high = Math.abs(a.y - b.y);
      return (group.data.names ? wide : Math.max(wide, high)) >= made.room;
    };
    const most = 2 * group.labels.filter(fits).length >= group.labels.length;
    for (const made of group.labels)
      if (made.getElement())
        made.getElement().classList.toggle("gi-hidden", group.data.names ? !fits(made) : !most);
  }

  /* Clicks: everything visible at a point ------------------------------------------------- */

  function inRings(rings, x, y) {
    let inside = false; // even-odd rule, so that holes come out right
    for (const ring of rings)
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [xi, yi] = ring[i], [xj, yj] = ring[j];
        if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
      }
    return inside;
  }

  function nearLine(map, line, p) {
    const q = line.map(([x, y]) => map.latLngToContainerPoint([y, x]));
    return q.some((b, i) => i > 0 && L.LineUtil.pointToSegmentDistance(p, q[i - 1], b) <= TOUCH_PX);
  }

  function hits(map, geometry, at, p) {
    const c = geometry.coordinates;
    switch (geometry.type) {
      case "Polygon": return inRings(c, at.lng, at.lat);
      case "MultiPolygon": return c.some((rings) => inRings(rings, at.lng, at.lat));
      case "LineString": return nearLine(map, c, p);
      case "MultiLineString": return c.some((line) => nearLine(map, line, p));
      case "Point": return nearLine(map, [c, c], p);
      case "MultiPoint": return c.some((one) => nearLine(map, [one, one], p));
      case "GeometryCollection": return geometry.geometries.some((g) => hits(map, g, at, p));
      default: return false;
    }
  }

  function around(shape) {
    if (!shape.box) shape.box = shape.getBounds ? shape.getBounds() : shape.getLatLng().toBounds(0);
    return shape.box;
  }

  /* Features at a point, those that explain most first; each thing once. */
  function found(map, at) {
    const p = map.latLngToContainerPoint(at);
    const corner = (d) => map.containerPointToLatLng(p.add([d, d]));
    const reach = L.latLngBounds(corner(-TOUCH_PX), corner(TOUCH_PX));
    const seen = new Map();
    for (const group of layers) {
      if (!map.hasLayer(group)) continue;
      for (const shape of group.shapes) {
        const { key, popup } = shape.feature.properties;
        if (!popup || seen.has(key) || !around(shape).intersects(reach)) continue;
        if (hits(map, shape.feature.geometry, at, p))
          seen.set(key, { order: group.data.order, open: group.data.open, shape, popup });
      }
    }
    return [...seen.values()].sort((a, b) => a.order - b.order);
  }

  let mark = null;
  const unmark = () => { if (mark) mark.remove(); mark = null; };

  function identify(map) {
    map.on("popupclose", unmark);
    map.on("click", (event) => tell(map, event.latlng, found(map, event.latlng)));
  }

  /* One popup for all features at a point, no higher than the room above it if that is enough:
     then the map stands still. */
  function tell(map, at, all) {
    map.closePopup();
    if (!all.length) return;
    if (narrow(map)) for (const one of folds) one.open = false; // a popup and no panel over it
    const size = map.getSize(), free = margins(map);
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
    mark = L.geoJSON(all[0].shape.feature, {
      interactive: false,
      style: { color: "#111", weight: 3, fill: false },
      pointToLayer: (f, place) => L.circleMarker(place, { radius: 9 }),
    }).addTo(map);
  }

  /* Find: parcels and sites by a part of their title or of their owner's name -------------- */

  function findBox(map, data) {
    const box = node("div", "gi-find"), hits = node("div", "gi-hits");
    const input = node("input");
    Object.assign(input, { type: "search", placeholder: data.find, maxLength: 200 });
    input.setAttribute("aria-label", data.find);
    let all = null;
    input.oninput = () => {
      const part = input.value.trim().toLowerCase();
      all = all || searchable(data.owner);
      const some = part ? all.filter((hit) => hit.text.includes(part)) : [];
      hits.replaceChildren(...some.slice(0, MOST_HITS).map((hit) => {
        const line = node("button", "", hit.shown);
        line.type = "button";
        line.onclick = () => go(map, hit);
        return line;
      }));
      if (part && !some.length) hits.append(node("p", "", data.no_hit));
      if (some.length > MOST_HITS) hits.append(node("p", "", data.more_hits));
    };
    box.append(input, hits);
    return box;
  }

  function searchable(owner) {
    const made = [];
    for (const group of layers.filter((g) => ["parcels", "sites_after"].includes(g.data.id)))
      for (const shape of group.shapes) {
        const popup = shape.feature.properties.popup;
        const rows = popup.b.filter((part) => word(part[0]) === "rows").flatMap((part) => part[1]);
        const held = rows.filter(([name]) => word(name) === owner).map(([, value]) => word(value));
        const shown = [word(popup.t), ...held].join(" · ");
        made.push({ shown, text: shown.toLowerCase(), shape, group });
      }
    return made.sort((a, b) => b.group.data.rank - a.group.data.rank); // sites first
  }

  /* Middle of the widest piece of a level line through a polygon. */
  function within({ coordinates, type }, box) {
    const rings = type === "MultiPolygon" ? coordinates.flat() : type === "Polygon" ? coordinates : [];
    const y = box.getCenter().lat, xs = [];
    for (const ring of rings)
      ring.forEach(([x, v], i) => {
        const [p, q] = ring[(i || ring.length) - 1];
        if (q > y !== v > y) xs.push(x + ((p - x) * (y - v)) / (q - v));
      });
    xs.sort((a, b) => a - b);
    let best = [box.getCenter().lng, 0];
    for (let i = 1; i < xs.length; i += 2)
      if (xs[i] - xs[i - 1] > best[1]) best = [(xs[i] + xs[i - 1]) / 2, xs[i] - xs[i - 1]];
    return L.latLng(y, best[0]);
  }

  function go(map, { shape, group }) {
    if (!map.hasLayer(group)) map.addLayer(group);
    const free = margins(map);
    map.fitBounds(around(shape), { maxZoom: Math.max(map.getZoom(), 17.5), animate: false,
      paddingTopLeft: [24, free.top + LEAST_PX], paddingBottomRight: [free.right, 24] });
    const at = within(shape.feature.geometry, around(shape));
    const { key, popup } = shape.feature.properties;
    const others = found(map, at).filter((hit) => hit.shape.feature.properties.key !== key);
    tell(map, at, [{ order: -1, open: true, shape, popup }, ...others]);
  }

  /* Popups ------------------------------------------------------------------------------- */

  function content(all) {
    const box = node("div", "gi-sheet");
    const quoted = new Set(); // each rule is quoted once
    const fresh = ([kind, text]) => {
      if (word(kind) !== "quote") return true;
      return !quoted.has(word(text)) && quoted.add(word(text));
    };
    all.forEach((hit, i) => {
      const part = node("details");
      part.open = i === 0 || hit.open;
      const head = node("summary", "", hit.popup.t);
      if (hit.popup.s !== undefined) head.append(" ", node("span", "gi-badge", hit.popup.s));
      part.append(head, ...hit.popup.b.filter(fresh).map(block));
      box.append(part);
    });
    return box;
  }

  /* A block is [kind, ...]: rows, list, table or quote. */
  function block([kind, ...rest]) {
    return { rows, list, table, quote }[word(kind)](...rest);
  }

  function rows(pairs) {
    const made = node("table", "gi-rows");
    for (const [name, value] of pairs) {
      const row = made.insertRow();
      row.append(node("th", "", name), node("td", "", value));
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

  function table(heading, columns, lines) {
    const made = node("div", "gi-table");
    const grid = node("table");
    const head = node("tr");
    head.append(...columns.map((c) => node("th", "", c)));
    grid.append(head);
    for (const line of lines) grid.insertRow().append(...line.map((cell) => node("td", "", cell)));
    made.append(node("h4", "", heading), grid);
    return made;
  }

  function quote(text, source) {
    const made = node("blockquote", "", text);
    made.append(node("cite", "", source));
    return made;
  }

  /* Density surfaces: one at a time, below all outlines ------------------------------------ */

  function surfaces(map) {
    density.data = read("surfaces");
    map.createPane("gi-surface").style.zIndex = 350; // Leaflet draws shapes at 400
  }

  function showSurface(map, id) {
    const all = density.data.groups.flatMap((group) => group.layers);
    density.shown = all.find((one) => one.id === id) || null;
    if (density.image) density.image.remove();
    density.image = density.shown && L.imageOverlay(density.shown.image, density.data.bounds, {
      pane: "gi-surface", className: "gi-surface", alt: density.shown.head }).addTo(map);
    layers.filter((g) => map.hasLayer(g)).forEach((g) => rescale(map, g));
    map.fire("gi-surface");
  }

  function surfaceChoice(map) {
    const { title, none, groups } = density.data;
    const box = node("label", "gi-choice", title), list = node("select");
    list.append(new Option(none, ""));
    for (const group of groups) {
      const part = node("optgroup");
      part.label = group.name;
      part.append(...group.layers.map((one) => new Option(`${group.name} · ${one.name}`, one.id)));
      list.append(part);
    }
    list.onchange = () => showSurface(map, list.value);
    box.append(list);
    return box;
  }

  function surfaceLegend(map) {
    const part = node("section", "gi-surface-legend gi-hidden");
    map.on("gi-surface", () => {
      const one = density.shown;
      part.classList.toggle("gi-hidden", !one);
      if (!one) return;
      const line = (c) => {
        const made = node("div", "gi-class");
        const empty = c.color ? {} : { dashArray: "2 2" };
        made.append(swatch({ color: "#6b7785", weight: 0.8, fill: true, fillColor: c.color || "#f7f8f9",
                             fillOpacity: 1, ...empty }),
                    node("span", "", c.label), node("span", "gi-count", c.count));
        return made;
      };
      part.replaceChildren(node("h3", "", one.head), ...one.classes.map(line),
                           ...one.notes.map((text) => node("p", "", text)));
    });
    return part;
  }

  /* Panels ------------------------------------------------------------------------------- */

  function fold(heading, parts, open) {
    const box = node("details");
    box.open = open;
    box.append(node("summary", "", heading), ...parts);
    return box;
  }

  function panel(map, position, className, parts) {
    const control = L.control({ position });
    control.onAdd = () => {
      const box = node("div", "gi-panel " + className);
      box.append(...parts);
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      return box;
    };
    return control.addTo(map);
  }

  function swatch(style) {
    const svg = document.createElementNS(SVG, "svg");
    const shape = document.createElementNS(SVG, style.fill ? "rect" : "line");
    const set = (target, all) => { for (const k in all) target.setAttribute(k, all[k]); };
    set(svg, { width: 34, height: 18, class: "gi-swatch", "aria-hidden": "true" });
    set(shape, style.fill ? { x: 3, y: 3, width: 28, height: 12 } : { x1: 1, y1: 9, x2: 33, y2: 9 });
    set(shape, { stroke: style.color, "stroke-width": style.weight, fill: style.fillColor || "none",
                 "fill-opacity": style.fillOpacity, "stroke-dasharray": style.dashArray || "none" });
    svg.append(shape);
    return svg;
  }

  function legendPart(map, group) {
    const part = node("section");
    part.append(node("h3", "", group.data.name));
    for (const c of group.data.classes) {
      const line = node("div", "gi-class");
      line.append(swatch(c.style));
      if (c.tag !== undefined) line.append(node("b", "gi-tag", c.tag));
      line.append(node("span", "", c.label), node("span", "gi-count", c.count));
      part.append(line);
    }
    const filled = group.data.classes.some((c) => hides(c.style));
    const show = () => part.classList.toggle(
      "gi-hidden", !map.hasLayer(group) || (density.shown !== null && filled));
    group.on("add remove", show);
    map.on("gi-surface", show);
    show();
    return part;
  }

  const narrow = (map) => map.getSize().x < NARROW_PX;

  /* How far the panels reach into the map from its top and its right edge. */
  function margins(map) {
    const frame = map.getContainer().getBoundingClientRect();
    const edge = (selector) => map.getContainer().querySelector(selector).getBoundingClientRect();
    const top = edge(".gi-title").bottom - frame.top + 12;
    return narrow(map) ? { top: Math.min(top, 80), right: 12 }
      : { top: Math.min(top, map.getSize().y / 3), right: frame.right - edge(".gi-legend").left + 12 };
  }

  /* The list of layers in a fold of its own; on narrow screens one fold is open at a time. */
  function foldLayers(map, data) {
    const control = map.getContainer().querySelector(".leaflet-control-layers");
    if (!control) return;
    const lists = control.querySelector(".leaflet-control-layers-list");
    const box = fold(data.layers, [], !narrow(map));
    lists.before(box);
    box.append(lists);
    if (density.data) box.append(surfaceChoice(map));
    folds.push(box);
  }

  /* The legend takes what the panels above leave of the right edge; on narrow screens an open
     list of layers stands below the title. */
  function arrange(map) {
    const get = (selector) => map.getContainer().querySelector(selector);
    const title = get(".gi-title"), legend = get(".gi-legend"), list = get(".leaflet-control-layers");
    const below = list && narrow(map) && list.querySelector("details").open;
    if (list) list.style.marginTop = (below ? title.offsetHeight + 20 : 10) + "px";
    const above = Math.max(list ? list.offsetTop + list.offsetHeight : 0,
                           narrow(map) ? title.offsetTop + title.offsetHeight : 0);
    legend.style.maxHeight = Math.max(80, map.getSize().y - above - 50) + "px";
  }

  function whole(map, data) {
    if (!data.bounds) return;
    const free = margins(map);
    map.fitBounds(data.bounds, { paddingTopLeft: [24, free.top], paddingBottomRight: [free.right, 40],
                                 animate: false });
  }

  /* Title, legend, scale and first view. */
  function page(map) {
    const data = read("page");
    const line = (className) => (text) => node("p", className, text);
    const about = fold(data.about, data.lines.map(line("")), false);
    const head = fold("", [...data.summary.map(line("")), ...data.notes.map(line("gi-note")),
                           ...(data.bounds ? [findBox(map, data)] : []), about], !narrow(map));
    head.firstChild.append(node("h1", "", data.title));
    panel(map, "topleft", "gi-title", [head]);
    L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
    L.control.zoom({ position: "bottomleft", zoomInTitle: data.zoom_in, zoomOutTitle: data.zoom_out }).addTo(map);
    if (data.bounds) {
      const home = node("button", "gi-home", data.whole);
      home.type = "button";
      home.onclick = () => { map.closePopup(); whole(map, data); };
      panel(map, "bottomleft", "gi-corner", [home]);
    }
    const parts = data.order.map((name) => layers.find((g) => g.data.id === name));
    const shown = parts.map((g) => legendPart(map, g));
    if (density.data) shown.unshift(surfaceLegend(map));
    const legend = fold(data.legend, shown, !narrow(map));
    panel(map, "bottomright", "gi-legend", [legend]);
    folds.push(head, legend);
    foldLayers(map, data);
    for (const one of folds)
      one.addEventListener("toggle", () => {
        if (one.open && narrow(map)) {
          map.closePopup();
          for (const other of folds) if (other !== one) other.open = false;
        }
        arrange(map);
      });
    map.on("resize", () => arrange(map));
    arrange(map);
    map.on("zoomend", () => layers.filter((g) => map.hasLayer(g)).forEach((g) => rescale(map, g)));
    whole(map, data);
    identify(map);
  }

  return { layer, surfaces, page };
})();
