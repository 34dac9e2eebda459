/* Before and after: one of them, or both with a divider between them that can be moved.
   The layers that differ are drawn a second time for each side, in panes of their own that are
   clipped at the divider; the layers themselves stay as they are, behind the scenes.
   Parcels colored by density show on each side what was measured there. */
(() => {
  "use strict";
  const { word, tell, node, decimal } = gisland;
  const MODES = ["off", "before", "after", "swipe"];
  const GONE = 255; // class of features that are not there on a side
  const STEP = 0.02, LEAP = 0.1; // of the width, for arrow keys and for page keys
  const GROUND = { color: "#a9b2bc", weight: 0.8, fill: "#eef0f2", opacity: 1 };
  const SITE = { fill: "#8fb4dd", opacity: 1 };
  const state = { mode: "off", share: 0.5, sides: {}, pictures: [], box: null };

  const named = (id) => gisland.layers.find((layer) => layer.head.id === id);
  const compared = () => ["parcels", "sites_before", "sites_after", "scraps"].map(named).filter(Boolean);

  gisland.comparable = () => Boolean(named("sites_before") && named("sites_after"));

  /* Measure by which a layer is colored; null while it is colored by its kinds. */
  const measured = (layer) => {
    const parts = layer && /^(.*)_(before|after|difference)$/.exec(layer.head.themes[layer.theme].id);
    return parts && parts[1];
  };

  /* Number of the theme of a layer on a side. */
  function themeOn(layer, name) {
    const measure = measured(layer);
    const found = measure ? layer.head.themes.findIndex(({ id }) => id === `${measure}_${name}`) : -1;
    return found < 0 ? layer.theme : found;
  }

  /* A layer as it is on one side: features that are gone, other looks, the rest as the layer is.
     What is said of kinds does not hold while it is colored by density: then all are there. */
  const Side = gisland.Layer.extend({
    initialize(layer, name, look, part = "") {
      const head = { ...layer.head, ...look.head };
      Object.assign(this, { layer, name, kinds: look });
      Object.defineProperty(this, "head", { value: head });
      for (const key of ["shape", "told", "ready", "keep"])
        Object.defineProperty(this, key, { get: () => layer[key] });
      this.follow();
      L.GridLayer.prototype.initialize.call(this, { pane: `gi-${layer.head.id}-${name}${part}` });
    },

    follow() {
      this.theme = themeOn(this.layer, this.name);
      this.look = measured(this.layer) ? {} : this.kinds;
      const off = gisland.hiddenIn(this.layer, this.theme);
      this.hidden = { has: (c) => c === GONE || off.has(c) };
    },

    refresh() {
      this.follow();
      gisland.Layer.prototype.refresh.call(this);
    },

    codes() {
      const codes = gisland.Layer.prototype.codes.call(this);
      if (!this.look.gone) return codes;
      if (this.from !== codes) {
        this.from = codes;
        this.made = codes.map((code, i) => (this.look.gone(i) ? GONE : code));
      }
      return this.made;
    },

    /* As the legend of the side shows them. */
    classes() {
      const own = gisland.Layer.prototype.classes.call(this).map((one, c) => (this.look.gone ? { ...one, count: this.count(c) } : one));
      return this.look.classes ? own.map(this.look.classes) : own;
    },

    count(c) { return decimal(this.codes().filter((code) => code === c).length, 0); },

    styles() {
      const own = gisland.Layer.prototype.styles.call(this);
      return this.look.styles ? own.map(this.look.styles) : own;
    },

    fitting(units) {
      if (this.look.bare) return [];
      return gisland.Layer.prototype.fitting.call(this, units).filter((sign) => this.shows(sign.feature));
    },
  });

  /* Before: what will be absorbed is land like any other. After: sites in one piece above the
     parcels, their old parcels and the scraps in them gone. */
  function sidesOf() {
    const parcels = named("parcels"), scraps = named("scraps");
    const before = named("sites_before"), after = named("sites_after");
    const kinds = parcels ? parcels.head.themes.find((theme) => theme.id === "kind").classes : [];
    const look = (id) => (kinds.find((one) => one.id === id) || {}).style;
    const of = (ids) => (i) => ids.includes((kinds[parcels.shape.codes.kind[i]] || {}).id);
    const count = (id) => parcels.shape.codes.kind.filter((code) => kinds[code].id === id).length;
    const ground = look("none") || GROUND, site = { ...SITE, ...look("site"), color: undefined };
    const merged = (one) => (measured(parcels) ? one
      : { ...one, style: { ...one.style, fill: site.fill, opacity: site.opacity ?? 1 } });
    const absorbed = new Set();
    if (parcels) parcels.told.facts.ids.forEach((id, i) => { if (of(["absorbed"])(i)) absorbed.add("scrap:" + id); });
    const made = (layer, side, given = {}, part = "") => (layer ? [new Side(layer, side, given, part)] : []);
    return {
      before: [
        ...made(parcels, "before", {
          classes: (one) => (one.id === "absorbed" ? { ...one, style: ground, unlisted: true }
            : one.id === "none" ? { ...one, count: decimal(count("none") + count("absorbed"), 0) } : one) }),
        ...made(before, "before"), ...made(scraps, "before")],
      after: [
        ...made(parcels, "after", { gone: parcels && of(["site", "absorbed"]),
          classes: (one) => (["site", "absorbed"].includes(one.id) ? { ...one, unlisted: true } : one) }),
        ...made(after, "after", { bare: true, ground: true, head: { rank: parcels ? parcels.head.rank : 1 },
          classes: (one) => ({ ...merged(one), unlisted: true }), styles: (style) => ({ ...style, weight: 0 }) }, "-fill"),
        ...made(after, "after", { classes: merged, styles: (style) => ({ ...style, fill: undefined }) }),
        ...made(scraps, "after", { gone: (i) => absorbed.has(scraps.told.facts.keys[i]) })],
    };
  }

  /* What is on the map: sites always, but in one piece not above densities; the others while
     their layer is. */
  const stands = (map, side) => (side.look.ground ? !measured(named("parcels"))
    : side.layer.head.id.startsWith("sites_") || map.hasLayer(side.layer));

  const plain = gisland.visible;
  gisland.visible = (map, at) => {
    if (state.mode === "off") return plain(map);
    const left = at && map.latLngToContainerPoint(at).x < state.share * map.getSize().x;
    const wanted = state.mode !== "swipe" ? [state.mode] : !at ? ["before", "after"] : [left ? "before" : "after"];
    const sides = wanted.flatMap((name) => state.sides[name]).filter((side) => stands(map, side));
    const others = plain(map).filter((layer) => !compared().includes(layer));
    return [...others, ...sides].sort((a, b) => a.head.rank - b.head.rank);
  };

  const panes = (map, name) => [...(state.sides[name] || []).map((side) => side.options.pane), `gi-surface-${name}`]
    .map((pane) => map.getPane(pane)).filter(Boolean);

  /* Panes of layers as their ticks say, and of sides cut at the divider. */
  function arrange(map) {
    const on = state.mode !== "off";
    for (const layer of compared()) {
      const pane = map.getPane(layer.options.pane);
      if (pane) pane.style.display = on ? "none" : "";
    }
    for (const side of Object.values(state.sides).flat())
      map.getPane(side.options.pane).style.display = stands(map, side) ? "" : "none";
    if (state.mode === "swipe") cut(map);
  }

  function cut(map) {
    const size = map.getSize(), at = size.x * state.share;
    const point = (x, y) => map.containerPointToLayerPoint([x, y]);
    const shape = (from, to) => {
      const a = point(from, 0), b = point(to, size.y);
      return `polygon(${a.x}px ${a.y}px, ${b.x}px ${a.y}px, ${b.x}px ${b.y}px, ${a.x}px ${b.y}px)`;
    };
    for (const pane of panes(map, "before")) pane.style.clipPath = shape(0, at);
    for (const pane of panes(map, "after")) pane.style.clipPath = shape(at, size.x);
    state.box.style.left = `${100 * state.share}%`;
    state.box.querySelector("[role=slider]").setAttribute("aria-valuenow", Math.round(100 * state.share));
  }

  /* Density of both sides, if a surface of one of them is shown. */
  function surfaces(map) {
    for (const picture of state.pictures) picture.remove();
    state.pictures = [];
    const { data, shown } = gisland.density, single = map.getPane("gi-surface");
    if (!single) return;
    single.style.display = "";
    const parts = shown && /^(.*)_(before|after)(_smooth)?$/.exec(shown.id);
    if (state.mode === "off" || !parts) return;
    const all = data.groups.flatMap((group) => group.layers);
    for (const name of Object.keys(state.sides)) {
      const one = all.find(({ id }) => id === `${parts[1]}_${name}${parts[3] || ""}`);
      if (!one) continue;
      const pane = `gi-surface-${name}`;
      (map.getPane(pane) || map.createPane(pane)).style.zIndex = single.style.zIndex;
      state.pictures.push(L.imageOverlay(one.image, data.bounds, { pane, className: "gi-surface" }).addTo(map));
      single.style.display = "none";
    }
    arrange(map);
  }

  function divider(map) {
    const box = node("div", "gi-swipe"), handle = node("div", "gi-handle");
    const move = (share) => {
      state.share = Math.max(0, Math.min(1, share));
      cut(map);
    };
    const set = { role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "horizontal" };
    for (const key in set) handle.setAttribute(key, set[key]);
    tell(handle, word("divider"), "aria-label");
    handle.onpointerdown = (event) => handle.setPointerCapture(event.pointerId);
    handle.onpointermove = (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const frame = map.getContainer().getBoundingClientRect();
      move((event.clientX - frame.left) / frame.width);
    };
    handle.onkeydown = (event) => {
      const { share } = state, to = { ArrowLeft: share - STEP, ArrowDown: share - STEP, ArrowRight: share + STEP,
        ArrowUp: share + STEP, PageDown: share - LEAP, PageUp: share + LEAP, Home: 0, End: 1 }[event.key];
      if (to === undefined) return;
      move(to);
      event.preventDefault();
      event.stopPropagation();
    };
    L.DomEvent.disableClickPropagation(handle);
    box.append(node("span", "gi-side gi-left", word("before")), handle, node("span", "gi-side gi-right", word("after")));
    map.getContainer().append(box);
    return box;
  }

  const refreshSides = (layer) => {
    for (const side of Object.values(state.sides).flat()) if (side.layer === layer) side.refresh();
  };

  function leave(map) {
    state.mode = "off";
    for (const name in state.sides) for (const pane of panes(map, name)) pane.style.clipPath = "";
    for (const side of Object.values(state.sides).flat()) side.remove();
    for (const layer of compared()) delete layer.refresh;
    if (state.box) state.box.remove();
    Object.assign(state, { sides: {}, box: null, share: 0.5 });
  }

  function enter(map, mode) {
    const both = sidesOf();
    state.sides = mode === "swipe" ? both : { [mode]: both[mode] };
    for (const side of Object.values(state.sides).flat()) side.addTo(map);
    for (const layer of compared())
      layer.refresh = () => {
        gisland.Layer.prototype.refresh.call(layer);
        refreshSides(layer);
      };
    if (mode === "swipe") state.box = divider(map);
    state.mode = mode; // now that all its panes are there
  }

  /* Show "before", "after" or both with a divider ("swipe"); "off" is the map as it was. False if
     that cannot be. */
  gisland.compare = async (map, mode, share = 0.5) => {
    if (!MODES.includes(mode) || (mode !== "off" && !gisland.comparable())) return false;
    if (mode === state.mode) return true;
    await gisland.known();
    if (!state.listens) {
      state.listens = true;
      map.on("move zoomend viewreset resize layeradd layerremove", () => { if (state.mode !== "off") arrange(map); });
      map.on("gi-surface", () => surfaces(map));
      map.on("gi-theme", () => {
        if (state.mode === "off") return;
        arrange(map);
        map.fire("gi-compare", { mode: state.mode });
      });
    }
    map.closePopup();
    leave(map);
    state.share = share;
    if (mode !== "off") enter(map, mode);
    arrange(map);
    surfaces(map);
    map.fire("gi-compare", { mode });
    return true;
  };

  gisland.comparing = () => state.mode;

  /* Where a divider has as many sites on one side as on the other, as a share of the width. */
  gisland.amongSites = (map) => {
    const layer = named("sites_after");
    if (!layer) return 0.5;
    const xs = Array.from({ length: layer.shape.count }, (_, i) => map.latLngToContainerPoint(layer.bounds(i).getCenter()).x);
    const middle = xs.sort((a, b) => a - b)[xs.length >> 1] / map.getSize().x;
    return Math.max(0.15, Math.min(0.85, middle));
  };
})();
