/* Themes: the ways in which a layer can be colored, one at a time. */
(() => {
  "use strict";
  const { word, tell, node, option } = gisland;

  /* Color a layer by a theme; false if there is no such layer or theme. What is switched off in
     one theme stays off there, and in no other. */
  gisland.setTheme = (layerId, themeId) => {
    const layer = gisland.layers.find((one) => one.head.id === layerId);
    const next = layer ? layer.head.themes.findIndex((theme) => theme.id === themeId) : -1;
    if (next < 0) return false;
    if (next === layer.theme) return true;
    const hidden = gisland.hiddenIn(layer, next);
    layer.off[layer.theme] = layer.hidden;
    layer.theme = next;
    layer.hidden = hidden;
    layer.refresh();
    layer.fire("gi-theme", { layer }, true);
    return true;
  };

  /* Classes of a theme of a layer that are switched off. */
  gisland.hiddenIn = (layer, theme) => {
    if (theme === layer.theme) return layer.hidden;
    layer.off ||= {};
    return (layer.off[theme] ||= new Set());
  };

  /* Name of a layer as it is colored now. */
  gisland.layerName = ({ head, theme }) => head.themes[theme].listed || head.name;

  /* A list to choose the colors of a layer from; null where there is no choice. */
  gisland.themeChoice = (map, layerId) => {
    const layer = gisland.layers.find((one) => one.head.id === layerId);
    if (!layer || layer.head.themes.length < 2) return null;
    const box = node("label", "gi-choice gi-themes"), list = node("select"), groups = new Map();
    for (const theme of layer.head.themes) {
      const name = theme.group ? `${theme.group} · ${theme.option}` : word("kinds");
      if (theme.group && !groups.has(theme.group)) {
        const group = node("optgroup");
        tell(group, theme.group, "label");
        groups.set(theme.group, group);
        list.append(group);
      }
      (groups.get(theme.group) || list).append(option(name, theme.id));
    }
    list.onchange = () => {
      if (!map.hasLayer(layer)) map.addLayer(layer);
      gisland.setTheme(layerId, list.value);
    };
    layer.addEventParent(map); // the map tells of its themes, too
    layer.on("gi-theme", () => { list.value = layer.head.themes[layer.theme].id; });
    box.append(node("span", "", word("color_by")), list);
    return box;
  };
})();
