/* A layer of packed features: tiles of canvas, drawn as the map needs them; clicks by index. */
(() => {
  "use strict";
  const WORLD = 2 ** 32; // units around the equator
  const EQUATOR_M = 40075016.686;
  const TILE = 512;
  const LABEL_PX = 30; // size of a feature that has room for its sign
  const HIDES = 0.5; // fills beyond this opacity would hide what lies below
  const THIN = 0.35; // of their opacity is left above a picture
  const FIRST_PANE = 210; // above pictures, below whatever else is put on a map

  gisland.below = { surface: false, base: false }; // what lies below the layers

  gisland.Layer = L.GridLayer.extend({
    options: { tileSize: TILE, noWrap: true, updateWhenZooming: false, keepBuffer: 1 },

    initialize(name) {
      this.head = gisland.read(name + "-head");
      this.hidden = new Set(this.head.off); // classes that are switched off
      this.keep = null; // function of a feature: whether filters leave it
      this.theme = 0;
      L.GridLayer.prototype.initialize.call(this, { pane: "gi-" + this.head.id });
      this.ready = gisland.unpack(name + "-shape").then((packed) => {
        this.shape = gisland.shapeOf(packed);
      });
      this.known = this.ready.then(() => new Promise((resolve) => setTimeout(resolve)))
        .then(() => gisland.unpack(name + "-facts")).then((packed) => {
          this.told = packed;
        });
    },

    beforeAdd(map) {
      const pane = map.getPane(this.options.pane) || map.createPane(this.options.pane);
      pane.style.zIndex = FIRST_PANE + this.head.rank;
      L.GridLayer.prototype.beforeAdd.call(this, map);
    },

    codes() { return this.shape.codes[this.head.themes[this.theme].id]; },

    classes() { return this.head.themes[this.theme].classes; },

    /* Style of each class; a picture below shows through. */
    styles() {
      return this.classes().map(({ style }) => {
        if (!style.fill || style.opacity <= HIDES) return style;
        if (gisland.below.surface) return { ...style, opacity: 0 };
        return gisland.below.base ? { ...style, opacity: style.opacity * THIN } : style;
      });
    },

    font() { return getComputedStyle(this._map.getContainer()).fontFamily; },

    /* Full line widths up to 2 m per pixel, thinner beyond, so that far views stay readable. */
    lineShare({ units }) {
      const metres = (units / WORLD) * EQUATOR_M * Math.cos((this.latLng(0, 0).lat * Math.PI) / 180);
      return Math.round(Math.max(0.3, Math.min(1, 2 / metres)) * 20) / 20;
    },

    /* Signs to be written at a scale: names where there is room, signs of scraps all or none. */
    fitting(units) {
      if (this.head.names) return gisland.names(this._map, this.layer || this, units);
      if (this.fitted && this.fitted.units === units) return this.fitted.signs;
      const { box, signs } = this.shape;
      const fits = ({ feature }) => {
        const at = 4 * feature;
        return Math.max(box[at + 2] - box[at], box[at + 3] - box[at + 1]) / units >= LABEL_PX;
      };
      const most = 2 * signs.filter(fits).length >= signs.length;
      this.fitted = { units, signs: most ? signs : [] };
      return this.fitted.signs;
    },

    /* Tiles ------------------------------------------------------------------------------- */

    /* As Leaflet's, but for tiles of the very zoom of the map, so that nothing is blurred. */
    _setView(center, zoom, noPrune, noUpdate) {
      if (!noUpdate) {
        this._tileZoom = zoom;
        this._updateLevels();
        this._resetGrid();
        this._update(center);
        if (!noPrune) this._pruneTiles();
        this._noPrune = Boolean(noPrune);
      }
      this._setZoomTransforms(center, zoom);
    },

    /* Tiles of another zoom stay until those of this one are drawn. */
    _pruneTiles() {
      const tiles = Object.entries(this._tiles);
      const here = tiles.filter(([, tile]) => tile.current && tile.coords.z === this._tileZoom);
      const whole = here.every(([, tile]) => tile.loaded);
      for (const [key, tile] of tiles)
        if (tile.coords.z === this._tileZoom ? !tile.current : whole) this._removeTile(key);
    },

    createTile(coords, done) {
      const canvas = document.createElement("canvas");
      const ready = this.head.names ? gisland.ready() : this.ready; // names stand clear of scraps
      ready.then(() => this.draw(canvas, coords, () => done(null, canvas)));
      return canvas;
    },

    draw(canvas, coords, done) {
      const ratio = Math.max(1, window.devicePixelRatio || 1) * (gisland.sharper || 1);
      const units = WORLD / (256 * 2 ** coords.z), [west, north] = this.shape.origin;
      const view = { units, ratio, left: coords.x * TILE * units - west, top: coords.y * TILE * units - north,
                     wide: TILE, high: TILE };
      const fresh = document.createElement("canvas");
      fresh.width = fresh.height = Math.round(TILE * ratio);
      const key = this._tileCoordsToKey(coords);
      const turn = canvas.turn = (canvas.turn || 0) + 1; // a later drawing takes the place of this one
      const wanted = () => this._map && coords.z === this._tileZoom && canvas.turn === turn
        && (!this._tiles[key] || this._tiles[key].el === canvas);
      gisland.schedule(gisland.paint(fresh.getContext("2d"), this, view), wanted, (whole) => {
        if (whole) {
          canvas.width = fresh.width;
          canvas.height = fresh.height;
          canvas.getContext("2d").drawImage(fresh, 0, 0);
        }
        done();
      });
    },

    /* Draw again what is on the screen, without a flicker. */
    refresh() {
      this.fitted = null;
      if (!this._map || !this.shape) return;
      for (const tile of Object.values(this._tiles)) this.draw(tile.el, tile.coords, () => {});
    },

    /* Places and features ----------------------------------------------------------------- */

    latLng(x, y) {
      const [west, north] = this.shape.origin;
      const turn = Math.PI * (1 - (2 * (y + north)) / WORLD);
      return L.latLng((Math.atan(Math.sinh(turn)) * 180) / Math.PI, ((x + west) / WORLD) * 360 - 180);
    },

    place({ lat, lng }) {
      const [west, north] = this.shape.origin, up = Math.asinh(Math.tan((lat * Math.PI) / 180));
      return [((lng + 180) / 360) * WORLD - west, ((1 - up / Math.PI) / 2) * WORLD - north];
    },

    bounds(i) {
      const at = 4 * i, { box } = this.shape;
      return L.latLngBounds(this.latLng(box[at], box[at + 3]), this.latLng(box[at + 2], box[at + 1]));
    },

    /* Lines of a feature: dimension and places of each. */
    lines(i) {
      const { first, start, dimension, xy } = this.shape, made = [];
      for (let line = first[i]; line < first[i + 1]; line++) {
        const places = [];
        for (let v = start[line]; v < start[line + 1]; v++) places.push(this.latLng(xy[2 * v], xy[2 * v + 1]));
        made.push({ dimension: dimension[line], places });
      }
      return made;
    },

    shows(i) { return !this.hidden.has(this.codes()[i]) && (!this.keep || this.keep(i)); },

    /* Features at a place, lines and points within `reach` units. */
    at(latLng, reach) {
      const [x, y] = this.place(latLng);
      return [...this.shape.index(x - reach, y - reach, x + reach, y + reach)]
        .filter((i) => this.shows(i) && this.touches(i, x, y, reach));
    },

    touches(i, x, y, reach) {
      const { first, start, dimension, xy } = this.shape;
      let inside = false; // even-odd rule, so that holes come out right
      for (let line = first[i]; line < first[i + 1]; line++) {
        const from = start[line], to = start[line + 1], ring = dimension[line] === 2;
        for (let v = from, w = ring ? to - 1 : from; v < to; w = v++) {
          const [vx, vy, wx, wy] = [xy[2 * v], xy[2 * v + 1], xy[2 * w], xy[2 * w + 1]];
          if (!ring && distance(x, y, vx, vy, wx, wy) <= reach) return true;
          if (ring && vy > y !== wy > y && x < ((wx - vx) * (y - vy)) / (wy - vy) + vx) inside = !inside;
        }
      }
      return inside;
    },

    /* Middle of the widest piece of a level line through a feature. */
    within(i) {
      const { first, start, dimension, xy, box } = this.shape, at = 4 * i, xs = [];
      const y = (box[at + 1] + box[at + 3]) / 2;
      for (let line = first[i]; line < first[i + 1]; line++) {
        if (dimension[line] !== 2) return this.latLng(xy[2 * start[line]], xy[2 * start[line] + 1]);
        for (let v = start[line], w = start[line + 1] - 1; v < start[line + 1]; w = v++) {
          const [vx, vy, wx, wy] = [xy[2 * v], xy[2 * v + 1], xy[2 * w], xy[2 * w + 1]];
          if (vy > y !== wy > y) xs.push(vx + ((wx - vx) * (y - vy)) / (wy - vy));
        }
      }
      xs.sort((a, b) => a - b);
      let best = [(box[at] + box[at + 2]) / 2, 0];
      for (let k = 1; k < xs.length; k += 2)
        if (xs[k] - xs[k - 1] > best[1]) best = [(xs[k] + xs[k - 1]) / 2, xs[k] - xs[k - 1]];
      return this.latLng(best[0], y);
    },
  });

  function distance(x, y, ax, ay, bx, by) {
    const dx = bx - ax, dy = by - ay, square = dx * dx + dy * dy;
    const t = square ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / square)) : 0;
    return Math.hypot(x - ax - t * dx, y - ay - t * dy);
  }

  gisland.layer = (_map, name) => {
    const made = new gisland.Layer(name);
    gisland.layers.push(made);
    gisland.layers.sort((a, b) => a.head.rank - b.head.rank);
    return made;
  };

  /* Resolves when all layers can be drawn, and when all is known about them. */
  gisland.ready = () => Promise.all(gisland.layers.map((layer) => layer.ready));
  gisland.known = () => Promise.all(gisland.layers.map((layer) => layer.known));
  gisland.refresh = () => gisland.layers.forEach((layer) => layer.refresh());
})();
