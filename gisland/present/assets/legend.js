/* The legend: what is visible, and which of its classes are switched on. */
(() => {
  "use strict";
  const { node } = gisland;
  // one class each, whose name says all
  const PLAIN = ["sites_before", "sites_after", "project_boundary", "scrap_groups", "exclusions", "roads"];
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

  /* Themes of a layer that are to be seen, each with its classes as they are drawn now, their
     numbers, and those that are switched off. */
  gisland.listed = (map, layer) => {
    const drawn = gisland.visible(map).filter((one) => (one.layer || one) === layer);
    const classes = (one) => one.classes().map((each, c) => [each, c]).filter(([each]) => !each.unlisted);
    return [...new Set(drawn.map((one) => one.theme))].sort((a, b) => a - b).map((theme) => {
      const rows = drawn.filter((one) => one.theme === theme).flatMap(classes).reverse();
      return {
        theme: layer.head.themes[theme], hidden: gisland.hiddenIn(layer, theme),
        rows: [...new Map(rows.map((row) => [row[1], row])).values()].sort((a, b) => a[1] - b[1]),
      };
    }).filter(({ rows }) => rows.length);
  };

  /* One layer in the legend, while it is on the map; a tick for each class. */
  gisland.legendPart = (map, layer) => {
    const part = node("section");
    if (PLAIN.includes(layer.head.id)) part.className = "gi-one";
    const draw = () => {
      const listed = joined(gisland.listed(map, layer));
      part.replaceChildren(...listed.flatMap(({ theme, hidden, rows }) => [
        node("h3", "", theme.name), ...rows.map(([one, c]) => line(layer, hidden, one, c)),
        ...(theme.notes || []).map((text) => node("p", "", text))]));
      const covered = layer.head.ground && gisland.below.surface; // no fills are drawn
      part.classList.toggle("gi-hidden", !listed.length || covered);
    };
    layer.on("add remove gi-theme", draw);
    map.on("gi-compare gi-surface", draw);
    draw();
    return part;
  };

  /* Before and after in the same classes: one list with both numbers, switched on and off together. */
  function joined(listed) {
    const looks = ({ rows }) => JSON.stringify(rows.map(([{ label, style }, c]) => [label, style, c]));
    if (listed.length !== 2 || looks(listed[0]) !== looks(listed[1])) return listed;
    const [one, other] = listed;
    const both = (name) => (c) => { one.hidden[name](c); other.hidden[name](c); };
    return [{
      theme: { name: one.theme.both, notes: [...new Set([...one.theme.notes || [], ...other.theme.notes || []])] },
      hidden: { has: (c) => one.hidden.has(c), add: both("add"), delete: both("delete") },
      rows: one.rows.map(([row, c], i) => [{ ...row, count: `${row.count} → ${other.rows[i][0].count}` }, c]),
    }];
  }

  function line(layer, hidden, one, c) {
    const made = node("label", "gi-class"), tick = node("input");
    tick.type = "checkbox";
    tick.checked = !hidden.has(c);
    tick.onchange = () => {
      if (tick.checked) hidden.delete(c);
      else hidden.add(c);
      layer.refresh();
    };
    made.append(tick, gisland.swatch(one.style));
    if (one.tag !== undefined) made.append(node("b", "gi-tag", one.tag));
    made.append(node("span", "", one.label), node("span", "gi-count", one.count));
    return made;
  }
})();
