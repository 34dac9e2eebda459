/* What stands around the map: title, layers, legend, scale and first view. */
(() => {
  "use strict";
  const { word, tell, node, button, expand } = gisland;
  const NARROW_PX = 760; // below this width the panels start folded
  const folds = []; // the panels that can be folded
  const narrow = (map) => map.getSize().x < NARROW_PX;

  gisland.fold = (heading, parts, open) => {
    const box = node("details");
    box.open = open;
    box.append(node("summary", "", heading || null), ...parts); // what is told loses its children
    return box;
  };

  gisland.panel = (map, position, className, parts) => {
    const control = L.control({ position });
    control.onAdd = () => {
      const box = node("div", "gi-panel " + className);
      box.append(...parts);
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      return box;
    };
    return control.addTo(map);
  };

  gisland.foldAll = (map) => {
    if (narrow(map)) for (const one of folds) one.open = false;
  };

  /* How far the panels reach into the map from its top and its right edge. */
  gisland.margins = (map) => {
    const frame = map.getContainer().getBoundingClientRect();
    const edge = (selector) => map.getContainer().querySelector(selector).getBoundingClientRect();
    const top = edge(".gi-title").bottom - frame.top + 12;
    if (narrow(map)) return { top: Math.min(top, 80), right: 12 };
    const panels = [".gi-legend", ".leaflet-control-layers"].filter((name) => map.getContainer().querySelector(name));
    const left = Math.min(...panels.map((name) => edge(name).left));
    return { top: Math.min(top, map.getSize().y / 3), right: frame.right - left + 12 };
  };

  /* The list of layers in a fold of its own; on narrow screens one fold is open at a time. */
  function foldLayers(map, control) {
    if (!control) return;
    const place = control.getContainer(), lists = place.querySelector(".leaflet-control-layers-list");
    const box = gisland.fold(word("layers"), [], !narrow(map));
    lists.before(box);
    box.append(lists);
    const colors = gisland.themeChoice(map, "parcels");
    if (colors) box.append(colors);
    if (gisland.density.data) box.append(gisland.surfaceChoice(map));
    folds.push(box);
    const name = () => {
      for (const item of control._layers) {
        const name = item.layer.head ? gisland.layerName(item.layer) : item.layer.named;
        if (name) item.name = escaped(expand(name));
      }
      control._update();
    };
    gisland.groupLayers(map, control);
    gisland.onLanguage(name);
    map.on("gi-theme", name);
    name();
  }

  const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

  /* The legend takes what the panels above leave of the right edge; on narrow screens an open
     list of layers stands below the title. */
  function arrange(map) {
    const get = (selector) => map.getContainer().querySelector(selector);
    const title = get(".gi-title"), legend = get(".gi-legend"), list = get(".leaflet-control-layers");
    get(".gi-corner").classList.toggle("gi-column", narrow(map) && legend.querySelector("details").open);
    const below = list && narrow(map) && list.querySelector("details").open;
    if (list) {
      list.style.marginTop = (below ? title.offsetHeight + 20 : 10) + "px";
      const under = [legend, get(".gi-corner")].map((one) => one.getBoundingClientRect().top);
      const room = Math.min(...under) - list.getBoundingClientRect().top - 24; // with its edges
      const fold = list.querySelector("details");
      fold.style.maxHeight = below ? Math.max(120, room) + "px" : "";
      fold.style.overflow = below ? "auto" : "";
    }
    const above = Math.max(list ? list.offsetTop + list.offsetHeight : 0,
                           narrow(map) ? title.offsetTop + title.offsetHeight : 0);
    legend.style.maxHeight = Math.max(80, map.getSize().y - above - 50) + "px";
  }

  gisland.whole = (map) => {
    const { bounds } = gisland.pageData;
    if (!bounds) return;
    const free = gisland.margins(map);
    map.fitBounds(bounds, { paddingTopLeft: [24, free.top], paddingBottomRight: [free.right, 40], animate: false });
  };

  function titlePanel(map, data) {
    const line = (className) => (text) => node("p", className, text);
    const about = gisland.fold(word("about"), data.lines.map(line("")), false);
    const head = gisland.fold("", [...data.summary.map(line("")), ...data.notes.map(line("gi-note")),
                                   ...(data.bounds ? [gisland.findBox(map)] : []),
                                   ...(data.sites?.length ? [gisland.siteChoice(map, data.sites)] : []), about], !narrow(map));
    head.firstChild.append(node("h1", "", data.title));
    const other = () => (gisland.language() === "zh" ? "en" : "zh");
    const tongue = button("gi-tongue", word("language"), () => gisland.speak(other()));
    gisland.panel(map, "topleft", "gi-title", [tongue, head, gisland.filterNote(map)]);
    folds.push(head);
  }

  function corner(map, data) {
    L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
    const zoom = L.control.zoom({ position: "bottomleft" }).addTo(map);
    const [nearer, farther] = zoom.getContainer().children;
    for (const [key, link] of [["zoom_in", nearer], ["zoom_out", farther]])
      for (const place of ["title", "aria-label"]) tell(link, word(key), place);
    const home = button("", word("whole"), () => { map.closePopup(); gisland.whole(map); });
    gisland.panel(map, "bottomleft", "gi-group gi-corner", data.bounds ? [home] : []);
  }

  /* Everything around the map; the control of the layers is folium's. */
  gisland.page = async (map, control) => {
    const data = gisland.pageData = gisland.read("page");
    titlePanel(map, data);
    corner(map, data);
    if (!("DecompressionStream" in window)) {
      gisland.panel(map, "topright", "gi-note gi-old", [node("p", "", word("old_browser"))]);
      return;
    }
    const order = (layer) => data.order.indexOf(layer.head.id);
    const shown = [...gisland.layers].sort((a, b) => order(a) - order(b)).map((layer) => gisland.legendPart(map, layer));
    if (gisland.density.data) shown.unshift(gisland.surfaceLegend(map));
    const legend = gisland.fold(word("legend"), shown, !narrow(map));
    gisland.panel(map, "bottomright", "gi-legend", [legend]);
    folds.push(legend);
    foldLayers(map, control);
    for (const one of folds)
      one.addEventListener("toggle", () => {
        if (one.open && narrow(map)) {
          map.closePopup();
          for (const other of folds) if (other !== one) other.open = false;
        }
        arrange(map);
      });
    map.on("resize gi-panels", () => arrange(map));
    map.on("gi-base", ({ id }) => {
      gisland.below.base = Boolean(id);
      gisland.refresh();
    });
    map.on("movestart zoomstart", () => gisland.moving(true));
    map.on("moveend zoomend", () => gisland.moving(false));
    arrange(map);
    gisland.onLanguage(() => {
      document.title = expand(data.title);
      gisland.refresh();
      arrange(map);
    });
    gisland.whole(map);
    gisland.identify(map);
    gisland.tools(map);
    await Promise.all(gisland.starts.map((start) => start(map)));
    arrange(map);
    if (!narrow(map) && gisland.tighten)
      gisland.tighten(() => {
        arrange(map);
        const box = map.getContainer().querySelector(".gi-legend");
        return box.scrollHeight <= box.clientHeight + 1;
      });
    arrange(map);
  };
})();
