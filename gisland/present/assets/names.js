/* Names of sites, zones and the like: each stands where it covers no scrap and no name that was
   placed before it, else beside its shape, else nowhere. The same at every visit: names are placed
   for a whole zoom, layer after layer, in the order of the list of layers. */
(() => {
  "use strict";
  const FONT_PX = 13, SIGN_PX = 12, HIGH = 18, PAD = 3;
  const SMALLEST_PX = 14; // size of a shape that has a name at all
  const STEPS = [0, -1, 1, -2, 2, -3, 3]; // places tried in a shape, in sevenths of its size
  const CELL = 128; // pixels of the cells in which places taken are kept
  const kept = { key: null, signs: null };

  /* Names of a layer and their places, at so many units per pixel. */
  gisland.names = (map, layer, units) => {
    const named = gisland.layers.filter(({ head }) => head.names)
      .filter((one) => one === layer || map.hasLayer(one) || one.head.id === "sites_after")
      .sort((a, b) => a.head.order - b.head.order);
    const key = [units, gisland.language(), ...named.map((one) => one.head.id)].join();
    if (kept.key !== key) Object.assign(kept, { key, signs: all(map, named, units) });
    return kept.signs.get(layer);
  };

  function all(map, named, units) {
    const taken = grid(), signs = new Map(), context = document.createElement("canvas").getContext("2d");
    const scraps = gisland.layers.find(({ head }) => head.id === "scraps");
    const font = getComputedStyle(map.getContainer()).fontFamily;
    const width = (text) => context.measureText(gisland.expand(text)).width + 2 * PAD;
    context.font = `700 ${SIGN_PX}px ${font}`; // as signs are written
    if (scraps) for (const sign of scraps.fitting(units)) taken.add(around(pixel(scraps, sign, units), width(sign.text)));
    context.font = `700 ${FONT_PX}px ${font}`;
    for (const layer of named) {
      signs.set(layer, layer.shape.signs.flatMap((sign) => {
        const rect = spot({ layer, sign, units, scraps, taken, wide: width(sign.text) });
        if (!rect) return [];
        taken.add(rect);
        const [x, y] = layer.shape.origin;
        return [{ ...sign, x: ((rect[0] + rect[2]) / 2) * units - x, y: ((rect[1] + rect[3]) / 2) * units - y }];
      }));
    }
    return signs;
  }

  /* The first of all places of a name that is free. */
  function spot({ layer, sign, units, scraps, taken, wide }) {
    const { box, origin } = layer.shape, at = 4 * sign.feature;
    const [west, north, east, south] = [0, 1, 2, 3].map((k) => (box[at + k] + origin[k % 2]) / units);
    if (Math.max(east - west, south - north) < SMALLEST_PX) return null;
    const free = (rect) => !taken.meets(rect) && !(scraps && covers(scraps, rect, units));
    const own = pixel(layer, sign, units), middle = [(west + east) / 2, (north + south) / 2];
    const inside = STEPS.flatMap((down) => STEPS.map((right) => [
      middle[0] + (right * (east - west)) / 7, middle[1] + (down * (south - north)) / 7])).sort(nearest(own));
    for (const place of [own, ...inside]) {
      const rect = around(place, wide);
      if (within(layer, sign.feature, rect, units) && free(rect)) return rect;
    }
    const out = HIGH / 2 + PAD, aside = wide / 2 + PAD;
    const rows = [north - out, south + out];
    const beside = [...rows.map((y) => [middle[0], y]), [east + aside, middle[1]], [west - aside, middle[1]],
      ...rows.flatMap((y) => [[east, y], [west, y]])];
    return beside.map((place) => around(place, wide)).find((rect) => free(rect) && !covers(layer, rect, units)) || null;
  }

  const nearest = (to) => (a, b) => Math.hypot(a[0] - to[0], a[1] - to[1]) - Math.hypot(b[0] - to[0], b[1] - to[1]);
  const around = ([x, y], wide) => [x - wide / 2, y - HIGH / 2, x + wide / 2, y + HIGH / 2];
  const pixel = ({ shape }, { x, y }, units) => [(x + shape.origin[0]) / units, (y + shape.origin[1]) / units];
  const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  const unitsOf = ({ shape }, rect, units) => rect.map((value, k) => value * units - shape.origin[k % 2]);

  function within(layer, i, rect, units) {
    const [west, north, east, south] = unitsOf(layer, rect, units);
    return [[west, north], [west, south], [east, north], [east, south]].every(([x, y]) => layer.touches(i, x, y, 0));
  }

  /* Whether a rectangle lies over a feature of a layer. */
  function covers(layer, rect, units) {
    const area = unitsOf(layer, rect, units), [west, north, east, south] = area;
    const { first, start, xy, index } = layer.shape;
    return [...index(west, north, east, south)].some((i) => {
      if (layer.touches(i, (west + east) / 2, (north + south) / 2, 0)) return true;
      for (let line = first[i]; line < first[i + 1]; line++)
        for (let v = start[line], w = start[line + 1] - 1; v < start[line + 1]; w = v++)
          if (crosses(area, xy[2 * w], xy[2 * w + 1], xy[2 * v], xy[2 * v + 1])) return true;
      return false;
    });
  }

  /* Whether a segment reaches into a rectangle: what is left of it between each pair of sides. */
  function crosses([west, north, east, south], ax, ay, bx, by) {
    let from = 0, to = 1;
    for (const [a, b, low, high] of [[ax, bx, west, east], [ay, by, north, south]]) {
      if (a === b && (a < low || a > high)) return false;
      if (a === b) continue;
      const one = (low - a) / (b - a), other = (high - a) / (b - a);
      from = Math.max(from, Math.min(one, other));
      to = Math.min(to, Math.max(one, other));
    }
    return from <= to;
  }

  /* Rectangles by cells, so that many names are placed fast. */
  function grid() {
    const cells = new Map();
    const of = ([west, north, east, south]) => {
      const keys = [];
      for (let x = Math.floor(west / CELL); x <= Math.floor(east / CELL); x++)
        for (let y = Math.floor(north / CELL); y <= Math.floor(south / CELL); y++) keys.push(`${x},${y}`);
      return keys;
    };
    return {
      add: (rect) => of(rect).forEach((key) => cells.set(key, [...(cells.get(key) || []), rect])),
      meets: (rect) => of(rect).some((key) => (cells.get(key) || []).some((other) => meet(rect, other))),
    };
  }

  /* A layer with names that comes or goes makes room, or takes it. */
  gisland.starts.push((map) => map.on("layeradd layerremove", ({ layer }) => {
    if (!layer.head || !layer.head.names) return;
    for (const other of gisland.layers) if (other !== layer && other.head.names) other.refresh();
  }));
})();
