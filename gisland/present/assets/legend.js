/* The legend: what is visible, and which of its classes are switched on. */
(() => {
  "use strict";
  const { word, tell, node } = gisland;
  const SVG = "http://www.w3.org/2000/svg";

  gisland.swatch = (style) => {
    const svg = document.createElementNS(SVG, "svg");
    const shape = document.createElementNS(SVG, style.fill ? "rect" : "line");
    const set = (target, all) => { for (const k in all) target.setAttribute(k, all[k]); };
    set(svg, { width: 34, height: 18, class: "gi-swatch", "aria-hidden": "true" });
    set(shape, style.fill ? { x: 3, y: 3, width: 28, height: 12 } : { x1: 1, y1: 9, x2: 33, y2: 9 });
    set(shape, { stroke: style.color, "stroke-width": style.weight, fill: style.fill || "none",
                 "fill-opacity": style.opacity ?? 1, "stroke-dasharray": (style.dash || ["none"]).join(" ") });
    svg.append(shape);
    return svg;
  };

  /* Classes of a layer that are to be seen, as they are drawn now, and their numbers. */
  gisland.listed = (map, layer) => {
    const drawn = gisland.visible(map).filter((one) => (one.layer || one) === layer);
    const classes = (one) => one.classes().map((each, c) => [each, c]).filter(([each]) => !each.unlisted);
    return [...new Map(drawn.flatMap(classes).reverse().map((row) => [row[1], row])).values()]
      .sort((a, b) => a[1] - b[1]);
  };

  /* One layer in the legend, while it is on the map; a tick for each class. */
  gisland.legendPart = (map, layer) => {
    const part = node("section"), heading = node("h3"), lines = node("div");
    part.append(heading, lines);
    const draw = () => {
      const theme = layer.head.themes[layer.theme];
      const rows = gisland.listed(map, layer);
      tell(heading, theme.name);
      lines.replaceChildren(...rows.map(([one, c]) => line(layer, one, c)),
                            ...(theme.notes || []).map((text) => node("p", "", text)));
      const covered = layer.head.ground && gisland.below.surface; // no fills are drawn
      part.classList.toggle("gi-hidden", !rows.length || covered);
    };
    layer.on("add remove gi-theme", draw);
    map.on("gi-compare gi-surface", draw);
    draw();
    return part;
  };

  function line(layer, one, c) {
    const made = node("label", "gi-class"), tick = node("input");
    tick.type = "checkbox";
    tick.checked = !layer.hidden.has(c);
    tick.onchange = () => {
      if (tick.checked) layer.hidden.delete(c);
      else layer.hidden.add(c);
      layer.refresh();
    };
    made.append(tick, gisland.swatch(one.style));
    if (one.tag !== undefined) made.append(node("b", "gi-tag", one.tag));
    made.append(node("span", "", one.label), node("span", "gi-count", one.count));
    return made;
  }
})();
