/* The address of the page tells what is shown: a site or parcel, the view, layers, theme, comparison,
   language. The file may hold such a text itself: then it opens so, unless the address says otherwise. */
(() => {
  "use strict";
  const { word, tell, node, button } = gisland;
  const OF = { site: "site", parcel: "parcel", scrap: "parcel" }; // a scrap is a parcel
  const GROUND = "parcels"; // the layer that has themes
  const WAIT_MS = 250; // browsers slow down pages that change their address all the time
  const own = () => /^(https?|file):$/.test(location.protocol); // not a notebook's frame
  const PLACES = ["at", "site", "parcel"]; // one of them in the address, and the file's own do not matter
  const state = { thing: null, first: {}, begun: false, timer: 0 };

  function asked() {
    const made = new Map();
    for (const part of location.hash.slice(1).split("&")) {
      const at = part.indexOf("=");
      if (at > 0) made.set(part.slice(0, at), plain(part.slice(at + 1)));
    }
    return made;
  }

  function plain(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  const onMap = (map) => gisland.layers.filter((layer) => map.hasLayer(layer)).map((layer) => layer.head.id).sort().join(",");

  const theme = () => {
    const ground = gisland.layers.find((layer) => layer.head.id === GROUND);
    return ground ? ground.head.themes[ground.theme].id : "";
  };

  /* What is told in the address where it differs from the page as it opened. */
  const shown = (map) => ({ lang: gisland.language(), layers: onMap(map), theme: theme(), compare: gisland.comparing() });

  /* Do what an address says; what it names and the map lacks comes back. */
  async function follow(map, all) {
    const missed = [], compare = all.get("compare");
    const language = all.get("lang"), layers = all.get("layers"), at = all.get("at"), theme = all.get("theme");
    if (language !== undefined) {
      gisland.speak(language);
      if (gisland.language() !== language) missed.push(language);
    }
    if (layers !== undefined) missed.push(...switched(map, layers.split(",").filter(Boolean)));
    if (theme !== undefined && !gisland.setTheme(GROUND, theme)) missed.push(theme);
    if (at !== undefined && !moved(map, at.split(","))) missed.push(at);
    if (compare !== undefined) {
      await gisland.known(); // where the sites are
      if (!(await gisland.compare(map, compare, gisland.amongSites(map)))) missed.push(compare);
    }
    for (const kind of ["site", "parcel"])
      if (all.has(kind) && !(await opened(map, kind + ":" + all.get(kind), at !== undefined))) missed.push(all.get(kind));
    return missed;
  }

  function switched(map, ids) {
    for (const layer of gisland.layers)
      if (ids.includes(layer.head.id)) map.addLayer(layer);
      else map.removeLayer(layer);
    return ids.filter((id) => !gisland.layers.some((layer) => layer.head.id === id));
  }

  function moved(map, [lat, lng, zoom = map.getZoom(), ...more]) {
    const [y, x, z] = [lat, lng, zoom].map(Number);
    if (!lat || !lng || more.length || ![y, x, z].every(Number.isFinite) || Math.abs(y) > 90 || Math.abs(x) > 180) return false;
    map.setView([y, x], Math.max(0, Math.min(map.getMaxZoom(), z)), { animate: false });
    return true;
  }

  /* Where the address tells a view as well, that stays if the thing is in it. */
  async function opened(map, key, placed) {
    await gisland.known();
    const hit = gisland.findKey(key);
    if (!hit) return false;
    const { layer, i } = hit, place = layer.within(i);
    if (!placed || !map.getBounds().contains(place)) gisland.go(map, layer, i);
    else {
      if (!map.hasLayer(layer)) map.addLayer(layer);
      const others = gisland.found(map, place).filter((other) => other.key !== key);
      gisland.open(map, place, [{ ...gisland.about(layer, i), layer, i, open: true }, ...others]);
    }
    return true;
  }

  /* Only what differs from the page as it opens by itself. */
  function address(map) {
    const { lat, lng } = map.getCenter(), parts = state.thing ? [state.thing] : [];
    for (const [key, value] of Object.entries(shown(map))) if (value !== state.first[key]) parts.push([key, value]);
    parts.push(["at", [lat.toFixed(6), lng.toFixed(6), +map.getZoom().toFixed(2)].join(",")]);
    return "#" + parts.map(([key, value]) => key + "=" + encodeURIComponent(value).replace(/%2C/g, ",")).join("&");
  }

  function write(map) {
    clearTimeout(state.timer);
    if (own()) history.replaceState(history.state, "", address(map));
  }

  /* The page as it opens by itself. */
  async function begin(map) {
    const all = new Map(Object.entries(gisland.pageData.opening || {})), wanted = asked();
    if (PLACES.some((key) => wanted.has(key))) for (const key of PLACES) all.delete(key);
    state.first = shown(map);
    if (all.size) await follow(map, all);
    state.first = shown(map);
    state.begun = true; // from now on it is the reader who moves things
  }

  async function start(map) {
    const arrive = async () => {
      const missed = await follow(map, asked());
      if (missed.length) gisland.notice(map, word("not_on_map", missed.map(gisland.apart).join(", ")));
    };
    const later = () => {
      if (!state.begun) return;
      clearTimeout(state.timer);
      state.timer = setTimeout(() => write(map), WAIT_MS);
    };
    map.on("gi-open", ({ hit }) => {
      const at = hit.key.indexOf(":"), kind = OF[hit.key.slice(0, at)];
      state.thing = kind ? [kind, hit.key.slice(at + 1)] : null;
      later();
    });
    map.on("popupclose", () => { state.thing = null; later(); });
    map.on("layeradd layerremove", ({ layer }) => { if (layer.head) later(); });
    map.on("moveend gi-theme gi-compare", later);
    gisland.onLanguage(later);
    window.addEventListener("hashchange", arrive);
    await begin(map);
    await arrive();
  }

  gisland.starts.push(start);

  /* A button that copies the address; where the browser forbids that, the text to copy. */
  gisland.linkButton = own() && ((map) => button("", word("copy_link"), async () => {
    write(map);
    try {
      await navigator.clipboard.writeText(location.href);
      gisland.notice(map, word("link_copied"));
    } catch {
      const text = node("input");
      Object.assign(text, { value: location.href, readOnly: true });
      tell(text, word("copy_link"), "aria-label");
      gisland.notice(map, word("link_below"), text);
      text.select();
    }
  }));
})();
