/* Find: parcels, blocks and sites by a part of their title or of their owner's name. */
(() => {
  "use strict";
  const { word, tell, node, button, expand } = gisland;
  const MOST_HITS = 20;
  const LEAST_PX = 220; // room for the sheet above what was found
  const SEARCHED = ["sites_after", "block_lines", "block_proposed", "block_adjusted", "parcels"]; // few first
  let made = null; // text of all that can be found, in the language of the page

  gisland.findBox = (map) => {
    const box = node("div", "gi-find"), hits = node("div", "gi-hits"), input = node("input");
    Object.assign(input, { type: "search", maxLength: 200 });
    tell(input, word("find"), "placeholder");
    tell(input, word("find"), "aria-label");
    gisland.onLanguage(() => { made = null; });
    input.oninput = async () => {
      const part = input.value.trim().toLowerCase();
      await gisland.known();
      const some = part ? searchable().filter((hit) => hit.text.includes(part)) : [];
      const list = node("ul");
      list.append(...some.slice(0, MOST_HITS).map((hit) => {
        const item = node("li");
        item.append(button("", hit.shown, () => gisland.go(map, hit.layer, hit.i)));
        return item;
      }));
      hits.replaceChildren(...(some.length ? [list] : []));
      if (part) gisland.say(word("found", some.length.toLocaleString("en")));
      if (part && !some.length) hits.append(node("p", "", word("no_hit")));
      if (some.length > MOST_HITS) hits.append(node("p", "", word("more_hits")));
    };
    box.append(input, hits);
    return box;
  };

  function searchable() {
    if (made) return made;
    made = [];
    const order = ({ head }) => (head.own ? SEARCHED.length : SEARCHED.indexOf(head.id));
    const searched = gisland.layers.filter((layer) => layer.told && order(layer) >= 0);
    for (const layer of searched.sort((a, b) => order(a) - order(b))) {
      const { facts } = layer.told, columns = facts.columns || [];
      const owner = columns.findIndex((column) => column.name === "owner");
      const worded = layer.head.own ? columns.map((_, c) => c).filter((c) => columns[c].values) : [];
      const title = facts.title && expand(facts.title);
      for (let i = 0; i < layer.shape.count; i++) {
        const name = title ? expand(title.replace("\0", () => gisland.apart(facts.ids[i]))) : expand(facts.popups[i].t);
        const shown = [name, value(layer, owner, i)].filter(Boolean).map(gisland.apart).join(" · ");
        const text = [shown, ...worded.map((c) => value(layer, c, i))].join("\n").toLowerCase();
        made.push({ shown, text, layer, i });
      }
    }
    return made;
  }

  function value(layer, c, i) {
    const { facts, arrays } = layer.told, held = c < 0 ? 0 : arrays["column:" + c][i];
    return held ? expand(facts.columns[c].values[held - 1]) : "";
  }

  /* Show a feature, and what is known at its place. */
  gisland.go = async (map, layer, i) => {
    if (!map.hasLayer(layer)) map.addLayer(layer);
    if (layer.keep && !layer.keep(i)) await gisland.filterSite(map, null); // what was asked for is shown
    const free = gisland.margins(map);
    map.fitBounds(layer.bounds(i), { maxZoom: Math.max(map.getZoom(), 17.5), animate: false,
      paddingTopLeft: [24, free.top + LEAST_PX], paddingBottomRight: [free.right, 24] });
    const at = layer.within(i), { key, popup } = gisland.about(layer, i);
    const others = gisland.found(map, at).filter((hit) => hit.key !== key);
    gisland.open(map, at, [{ key, layer, i, popup, open: true }, ...others]);
  };

  /* Layer and number of the feature of a key, such as "site:S1". */
  gisland.findKey = (key) => {
    for (const layer of gisland.layers) {
      if (!layer.told) continue;
      const { facts } = layer.told;
      const i = facts.keys ? facts.keys.indexOf(key)
        : key.startsWith(facts.key + ":") ? facts.ids.indexOf(key.slice(facts.key.length + 1)) : -1;
      if (i >= 0) return { layer, i };
    }
    return null;
  };
})();
