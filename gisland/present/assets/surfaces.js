/* Density surfaces: one at a time, below all layers. */
(() => {
  "use strict";
  const { word, tell, node, expand, option } = gisland;
  const density = { data: null, shown: null, image: null };
  gisland.density = density;

  gisland.surfaces = (map) => {
    density.data = gisland.read("surfaces");
    map.createPane("gi-surface").style.zIndex = 205; // above tiles, below all layers
  };

  function show(map, id) {
    const all = density.data.groups.flatMap((group) => group.layers);
    density.shown = all.find((one) => one.id === id) || null;
    if (density.image) density.image.remove();
    density.image = density.shown && L.imageOverlay(density.shown.image, density.data.bounds, {
      pane: "gi-surface", className: "gi-surface", alt: expand(density.shown.head) }).addTo(map);
    gisland.below.surface = Boolean(density.shown);
    gisland.refresh();
    map.fire("gi-surface");
  }

  gisland.surfaceChoice = (map) => {
    const { title, none, groups } = density.data;
    const box = node("label", "gi-choice"), list = node("select");
    list.append(option(none, ""));
    for (const group of groups) {
      const part = node("optgroup");
      tell(part, group.name, "label");
      part.append(...group.layers.map((one) => option(`${group.name} · ${one.name}`, one.id)));
      list.append(part);
    }
    list.onchange = () => show(map, list.value);
    box.append(node("span", "", title), list);
    return box;
  };

  gisland.surfaceLegend = (map) => {
    const part = node("section", "gi-surface-legend gi-hidden");
    map.on("gi-surface", () => {
      const one = density.shown;
      part.classList.toggle("gi-hidden", !one);
      if (!one) return;
      const line = (c) => {
        const made = node("div", "gi-class"), empty = c.color ? {} : { dash: [2, 2] };
        const style = { color: "#6b7785", weight: 0.8, fill: c.color || "#f7f8f9", opacity: 1, ...empty };
        made.append(gisland.swatch(style), node("span", "", c.label), node("span", "gi-count", c.count));
        return made;
      };
      part.replaceChildren(node("h3", "", one.head), ...one.classes.map(line),
                           ...one.notes.map((text) => node("p", "", text)));
    });
    return part;
  };
})();
