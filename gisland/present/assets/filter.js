/* Filter by site: what belongs to one site or was considered for it; the rest goes quiet. */
(() => {
  "use strict";
  const { word, tell, node, button, option } = gisland;

  /* Show one site alone, or everything again; false if no layer knows the site. Layers that have
     nothing to do with sites, such as roads and block lines, stay as they are. */
  gisland.filterSite = async (map, id) => {
    await gisland.known();
    if (id !== null && !gisland.layers.some(({ told }) => (told.facts.sites || []).includes(id))) return false;
    for (const layer of gisland.layers) layer.keep = id === null ? null : ofSite(layer.told, id);
    map.closePopup();
    gisland.refresh();
    map.fire("gi-filter", { site: id });
    const target = gisland.alone = id !== null && gisland.findKey("site:" + id);
    if (target) zoom(map, target);
    return true;
  };

  /* Whether a feature has to do with a site, as a function of its number. */
  function ofSite({ facts, arrays }, id) {
    if (!facts.sites) return null;
    const wanted = facts.sites.indexOf(id), kept = new Uint8Array(arrays.sited.length);
    let at = 0;
    arrays.sited.forEach((many, i) => {
      for (const end = at + many; at < end; at++) if (arrays.site[at] === wanted) kept[i] = 1;
    });
    return (i) => kept[i] === 1;
  }

  function zoom(map, { layer, i }) {
    const free = gisland.margins(map);
    map.fitBounds(layer.bounds(i).pad(0.35), { animate: false,
      paddingTopLeft: [24, free.top], paddingBottomRight: [free.right, 40] });
  }

  /* A list of the sites to choose one from. */
  gisland.siteChoice = (map, sites) => {
    const box = node("label", "gi-only"), list = node("select");
    list.append(option(word("all_sites"), ""), ...sites.map((site) => option(site, "=" + site)));
    list.onchange = () => gisland.filterSite(map, list.value ? list.value.slice(1) : null);
    map.on("gi-filter", ({ site }) => { list.value = site === null ? "" : "=" + site; });
    box.append(node("span", "", word("only_site")), list);
    return box;
  };

  /* Says that a filter is on, and ends it. */
  gisland.filterNote = (map) => {
    const note = node("div", "gi-filtered gi-hidden"), text = node("span");
    note.setAttribute("role", "status");
    note.append(text, button("", word("show_all"), () => gisland.filterSite(map, null)));
    map.on("gi-filter", ({ site }) => {
      note.classList.toggle("gi-hidden", site === null);
      if (site !== null) tell(text, word("site_alone", site));
    });
    return note;
  };
})();
