/* The map on paper: a page of exact size with title, map, legend, scale and sources. */
(() => {
  "use strict";
  const { word, tell, node, button, option, expand, geodesy } = gisland;
  const PAPERS = { A4: [210, 297], A3: [297, 420] }; // mm
  const PX_M = 0.0254 / 96; // paper under one pixel of CSS
  const EQUATOR_M = 2 * Math.PI * 6378137;
  const ROUND = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]; // times a power of ten
  const OFFERED = [500, 1000, 2000, 5000, 10000, 20000, 50000];
  const BAR_M = 0.06; // the scale bar is no longer on paper
  const SHARP = 2; // dots of the canvas to a pixel of paper: about 200 an inch
  const TYPE_PT = 9, LEAST_PT = 5; // of the legend, which shrinks until it fits
  const SVG = "http://www.w3.org/2000/svg";
  const state = { page: null };

  const metresOfPixel = (map, zoom) =>
    (EQUATOR_M / (256 * 2 ** zoom)) * geodesy.ground(map.getCenter().lat);
  const roundDown = (value) => {
    const power = 10 ** Math.floor(Math.log10(value));
    return [1, 2, 5].map((n) => n * power).filter((n) => n <= value).pop();
  };
  const roundUp = (value) => {
    const power = 10 ** Math.floor(Math.log10(value));
    return ROUND.map((n) => n * power).find((n) => n >= value * (1 - 1e-9));
  };
  const grouped = (n) => gisland.decimal(n, 0).replace(/,/g, "\u2009");

  /* Put the map at a scale that is true on paper in the middle of the map: the mean of all
     directions, from which those along and across the meridian differ by less than 0.35 %. */
  function rescale(map) {
    const { scale } = state;
    map.setView(map.getCenter(), map.getZoom() + Math.log2(metresOfPixel(map, map.getZoom()) / (scale * PX_M)),
      { animate: false });
  }

  /* The smallest round scale at which all that was seen fits the paper. */
  function fitted(map) {
    map.setView(state.seen.getCenter(), map.getZoom(), { animate: false });
    const a = map.project(state.seen.getNorthWest()), b = map.project(state.seen.getSouthEast()), size = map.getSize();
    const times = Math.max((b.x - a.x) / size.x, (b.y - a.y) / size.y);
    return roundUp((metresOfPixel(map, map.getZoom()) * times) / PX_M);
  }

  function northArrow() {
    const svg = document.createElementNS(SVG, "svg");
    const made = (tag, all, text) => {
      const one = document.createElementNS(SVG, tag);
      for (const name in all) one.setAttribute(name, all[name]);
      if (text) one.textContent = text;
      svg.append(one);
    };
    for (const [name, value] of [["viewBox", "0 0 30 48"], ["class", "gi-north"], ["role", "img"]]) svg.setAttribute(name, value);
    tell(svg, word("north"), "aria-label");
    made("text", { x: 15, y: 11, "text-anchor": "middle", "font-size": 13, "font-weight": 700 }, "N");
    made("path", { d: "M15 14 L24 46 L15 39 Z", fill: "#fff", stroke: "#111" });
    made("path", { d: "M15 14 L6 46 L15 39 Z", fill: "#111", stroke: "#111" });
    return svg;
  }

  function scaleBar() {
    const { scale } = state, length = roundDown(scale * BAR_M), wide = (1000 * length) / scale;
    const box = node("div", "gi-scale"), bar = node("div", "gi-bar"), marks = node("div", "gi-marks");
    bar.style.width = marks.style.width = wide + "mm";
    bar.append(node("i"), node("i"));
    const unit = length >= 1000 ? [1000, "km"] : [1, "m"];
    for (const share of [0, 0.5, 1])
      marks.append(node("span", "", `${(length * share) / unit[0]}${share === 1 ? " " + unit[1] : ""}`));
    box.append(node("b", "gi-ratio", word("ratio", grouped(scale))), bar, marks);
    return box;
  }

  /* Layers and classes that are to be seen, and no others. */
  function legend(map) {
    const box = node("div", "gi-print-legend"), { order } = gisland.pageData;
    box.append(node("h2", "", word("legend")));
    const row = ([one]) => {
      const made = node("div", "gi-class");
      made.append(gisland.swatch(one.style));
      if (one.tag !== undefined) made.append(node("b", "gi-tag", one.tag));
      made.append(node("span", "", one.label), node("span", "gi-count", one.count));
      return made;
    };
    const density = document.querySelector(".gi-surface-legend:not(.gi-hidden)");
    if (density) {
      const copy = density.cloneNode(true);
      copy.className = "gi-surface-legend";
      box.append(copy);
    }
    const place = (layer) => order.indexOf(layer.head.id);
    const ordered = [...gisland.layers].sort((a, b) => place(a) - place(b));
    for (const { theme, hidden, rows } of ordered.flatMap((layer) => gisland.listed(map, layer))) {
      const shown = rows.filter(([, c]) => !hidden.has(c));
      if (!shown.length) continue;
      const part = node("section"), [first, ...rest] = shown.map(row), head = node("div", "gi-together");
      head.append(node("h3", "", theme.name), first); // never a heading alone
      part.append(head, ...rest, ...(theme.notes || []).map((text) => node("p", "", text)));
      box.append(part);
    }
    return box;
  }

  function sources() {
    const box = node("div", "gi-sources"), now = new Date(), two = (n) => String(n).padStart(2, "0");
    const today = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
    const date = state.settings.date || today;
    const parts = [gisland.pageData.title, ...gisland.pageData.lines, word("printed", date)];
    box.append(...parts.map((text) => node("p", "", text)));
    return box;
  }

  function shrink(box) {
    for (let size = TYPE_PT; size >= LEAST_PT; size -= 0.25) {
      box.style.fontSize = size + "pt";
      if (box.scrollHeight <= box.clientHeight + 1 && box.scrollWidth <= box.clientWidth + 1) return;
    }
  }

  /* The page anew, as the settings say. */
  async function lay(map) {
    const { page, settings } = state, [short, long] = PAPERS[settings.paper];
    const [wide, high] = settings.landscape ? [long, short] : [short, long];
    state.size.textContent = `@page { size: ${wide}mm ${high}mm; margin: 0; }`;
    page.className = `gi-page ${settings.landscape ? "gi-landscape" : "gi-portrait"} gi-${settings.paper}`;
    Object.assign(page.style, { width: wide + "mm", height: high + "mm" });
    const frame = node("div", "gi-frame"), foot = node("div", "gi-foot"), shown = legend(map);
    frame.append(map.getContainer(), northArrow());
    page.replaceChildren(node("h1", "", settings.title), frame, shown, foot);
    foot.append(node("div", "gi-scale"), sources());
    shrink(shown);
    map.invalidateSize({ animate: false, pan: false });
    state.scale = settings.scale || state.scale || fitted(map);
    rescale(map);
    foot.firstChild.replaceWith(scaleBar());
    gisland.refresh();
    await new Promise((resolve) => setTimeout(resolve, 50)); // new tiles are asked for by now
    await gisland.drawn();
  }

  function choice(label, options, value, onchange) {
    const box = node("label"), list = node("select");
    list.append(...options.map(([key, text]) => option(text, key)));
    list.value = value;
    list.onchange = () => onchange(list.value);
    box.append(node("span", "", label), list);
    return box;
  }

  function settingsBar(map) {
    const box = node("div", "gi-print-bar"), { settings } = state;
    const set = (more) => {
      if (more.scale !== undefined || more.paper || more.landscape !== undefined) state.scale = null;
      Object.assign(settings, more);
      return lay(map);
    };
    const title = node("input"), named = node("label", "gi-print-title");
    Object.assign(title, { value: settings.title, maxLength: 200, oninput: () => {
      settings.title = title.value;
      state.page.querySelector("h1").textContent = title.value;
    } });
    named.append(node("span", "", word("print_title")), title);
    const scales = [["0", word("scale_fits")], ...OFFERED.map((n) => [String(n), "1:" + grouped(n)])];
    box.append(
      choice(word("paper"), Object.keys(PAPERS).map((name) => [name, name]), settings.paper, (paper) => set({ paper })),
      choice(word("orientation"), [["1", word("landscape")], ["0", word("portrait")]], settings.landscape ? "1" : "0",
        (value) => set({ landscape: value === "1" })),
      choice(word("scale"), scales, String(settings.scale || 0), (value) => set({ scale: Number(value) })), named,
      button("gi-main", word("print"), () => lay(map).then(() => window.print())),
      button("", word("back"), () => gisland.printView(map, null)), node("p", "", word("print_help")));
    box.onkeydown = ({ key }) => { if (key === "Escape") gisland.printView(map, null); };
    return box;
  }

  const FREE = ["scrollWheelZoom", "doubleClickZoom", "touchZoom", "boxZoom", "keyboard"]; // would change the scale

  /* Bounds of the site that is shown alone, if it is seen. */
  function aloneIn(seen) {
    const bounds = gisland.alone && gisland.alone.layer.bounds(gisland.alone.i);
    return bounds && seen.contains(bounds) ? L.latLngBounds(bounds) : null;
  }

  function enter(map) {
    const container = map.getContainer(), seen = map.getBounds(), site = aloneIn(seen);
    const whole = site ? site.pad(0.15) : gisland.pageData.bounds; // what panels no longer cover
    Object.assign(state, {
      seen: whole && (site || seen.contains(whole)) ? L.latLngBounds(whole) : seen,
      was: { center: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap, sharper: gisland.sharper,
             busy: gisland.busy, parent: container.parentNode, next: container.nextSibling },
      locked: FREE.filter((name) => map[name] && map[name].enabled()),
      page: node("main"), size: node("style"), scale: null, focus: document.activeElement,
    });
    for (const name of state.locked) map[name].disable();
    map.closePopup();
    map.options.zoomSnap = 0;
    gisland.sharper = SHARP;
    gisland.busy = true;
    state.onend = () => rescale(map);
    map.on("dragend", state.onend);
    state.bar = settingsBar(map);
    state.desk = node("div", "gi-desk");
    state.desk.append(state.page);
    document.head.append(state.size);
    document.body.append(state.bar, state.desk);
    document.documentElement.classList.add("gi-printing");
    state.bar.querySelector("select").focus();
  }

  function leave(map) {
    const { was } = state;
    map.off("dragend", state.onend);
    was.parent.insertBefore(map.getContainer(), was.next);
    for (const one of [state.bar, state.desk, state.size]) one.remove();
    document.documentElement.classList.remove("gi-printing");
    gisland.sharper = was.sharper;
    gisland.busy = was.busy;
    map.invalidateSize({ animate: false, pan: false });
    map.setView(was.center, was.zoom, { animate: false });
    map.options.zoomSnap = was.snap;
    for (const name of state.locked) map[name].enable();
    state.page = null;
    gisland.refresh();
    if (state.focus) state.focus.focus({ preventScroll: true });
  }

  /* The page for print with `paper`, `landscape`, `scale` (0: fits), `title` and `date` (of printing: of
     today, unless the same page is to be had again); null is the way back.
     Resolves when all is drawn. */
  gisland.printView = async (map, settings) => {
    if (!settings) {
      if (state.page) leave(map);
      return;
    }
    const alone = aloneIn(map.getBounds()) && gisland.about(gisland.alone.layer, gisland.alone.i).popup.t;
    const title = [gisland.pageData.title, alone].filter(Boolean).map(expand).join(" · ");
    if (!state.page) {
      state.settings = { paper: "A4", landscape: true, scale: 0, title, ...settings };
      enter(map);
    } else {
      Object.assign(state.settings, settings);
      state.scale = null;
    }
    await lay(map);
  };

  gisland.printing = () => Boolean(state.page);
})();
