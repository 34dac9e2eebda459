/* Base maps: pictures under everything else, one at a time. A picture in GCJ-02 is shown shifted
   back at the middle of the view; data never move. */
(() => {
  "use strict";
  const AXIS_M = 6378245; // the ellipsoid that the shift of GCJ-02 is defined on
  const ECCENTRICITY = 0.006693421622965943; // squared
  const CHINA = { south: 0.8293, north: 55.8271, west: 72.004, east: 137.8347 };
  const UNDER = 200; // Leaflet's own place for tiles: below density surfaces and shapes
  const DEEPEST = 30;
  const { sin, cos, sqrt, abs, PI } = Math;

  /* Where GCJ-02 puts a place of WGS 84; outside of China at itself. */
  function gcj02(lat, lng) {
    if (lat < CHINA.south || lat > CHINA.north || lng < CHINA.west || lng > CHINA.east)
      return [lat, lng];
    const x = lng - 105, y = lat - 35, root = sqrt(abs(x));
    const both = 20 * sin(6 * PI * x) + 20 * sin(2 * PI * x);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
      + (2 / 3) * (both + 20 * sin(PI * y) + 40 * sin((PI * y) / 3)
                   + 160 * sin((PI * y) / 12) + 320 * sin((PI * y) / 30));
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
      + (2 / 3) * (both + 20 * sin(PI * x) + 40 * sin((PI * x) / 3)
                   + 150 * sin((PI * x) / 12) + 300 * sin((PI * x) / 30));
    const at = (lat * PI) / 180, part = 1 - ECCENTRICITY * sin(at) ** 2;
    const degree = (radius) => (PI / 180) * radius; // metres
    return [lat + north / degree((AXIS_M * (1 - ECCENTRICITY)) / part ** 1.5),
            lng + east / degree((AXIS_M / sqrt(part)) * cos(at))];
  }

  const shifted = (place) => L.latLng(gcj02(place.lat, place.lng));

  /* Keep a pane where its picture, taken for GCJ-02, lies under the middle of the view. */
  function follow(map, pane) {
    const put = (middle, zoom) => {
      const from = map.project(shifted(middle), zoom);
      L.DomUtil.setTransform(pane, map.project(middle, zoom).subtract(from).round());
    };
    pane.classList.add("leaflet-zoom-animated"); // moves along with a zoom that is animated
    map.on("zoomanim", (event) => put(event.center, event.zoom));
    map.on("move zoom viewreset", () => put(map.getCenter(), map.getZoom()));
    put(map.getCenter(), map.getZoom());
  }

  const Tiles = L.TileLayer.extend({
    beforeAdd() {}, // Leaflet would keep the map from zooms that have no tiles
    _getTiledPixelBounds(middle) {
      const seen = this.options.gcj02 ? shifted(middle) : middle;
      return L.TileLayer.prototype._getTiledPixelBounds.call(this, seen);
    },
    _isValidTile(at) { // what is not there is not asked for
      const { ranges, index } = this.options, range = ranges[at.z];
      if (index) return `${at.z}/${at.x}/${at.y}` in index;
      return L.TileLayer.prototype._isValidTile.call(this, at) && (!range
        || (at.x >= range[0] && at.y >= range[1] && at.x <= range[2] && at.y <= range[3]));
    },
    getTileUrl(at) {
      const { index, images } = this.options;
      return index ? images[index[`${at.z}/${at.x}/${at.y}`]]
        : L.TileLayer.prototype.getTileUrl.call(this, at);
    },
  });

  function pictures(data, pane) {
    if (data.image) return [L.imageOverlay(data.image, data.bounds, { pane, alt: "" })];
    const { ranges, index, images, gcj02, zooms } = data;
    return data.templates.map((template) => new Tiles(template, {
      pane, ranges, index, images, gcj02,
      minZoom: zooms[0], maxNativeZoom: zooms[1], maxZoom: DEEPEST,
    }));
  }

  /* Whose picture it is, and what to know of it. */
  function notice(lines) {
    const control = L.control({ position: "bottomleft" });
    control.onAdd = () => {
      const box = document.createElement("div");
      box.className = "gi-panel gi-base-note";
      for (const line of lines) box.append(gisland.node("p", "", line));
      L.DomEvent.disableClickPropagation(box);
      return box;
    };
    return control;
  }

  /* A base map, to be chosen; without an id it is the choice of none. */
  gisland.basemap = function (map, data) {
    const group = L.layerGroup();
    group.named = data.name;
    if (!data.id) return group;
    const name = "gi-" + data.id, pane = map.createPane(name);
    pane.style.zIndex = UNDER;
    pane.style.pointerEvents = "none";
    if (data.gcj02) follow(map, pane);
    pictures(data, name).forEach((picture) => group.addLayer(picture));
    const note = notice(data.lines);
    const told = (id) => map.fire("gi-base", { id });
    group.on("add", () => { note.addTo(map); told(data.id); });
    group.on("remove", () => { note.remove(); told(null); });
    return group;
  };
  gisland.gcj02 = gcj02; // of latitude and longitude in degrees
})();
