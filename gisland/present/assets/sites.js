/* All sites in a table, for those who read rather than look: each line opens its site. */
(() => {
  "use strict";
  const { word, node, button } = gisland;

  gisland.sites = () => {
    const { heads, rows } = gisland.read("sites");
    gisland.sitesButton = (map) => button("gi-plain", word("site_list"), () => {
      const table = node("table", "gi-list"), head = table.createTHead().insertRow(), body = table.createTBody();
      head.append(...heads.map((text) => {
        const cell = node("th", "", text);
        cell.scope = "col";
        return cell;
      }));
      const box = gisland.dialog(word("site_list"), table);
      for (const [id, ...cells] of rows) {
        const row = body.insertRow(), name = node("th");
        name.scope = "row";
        name.append(button("gi-open", id, async () => {
          box.close();
          await gisland.known();
          const hit = gisland.findKey("site:" + id);
          if (hit) gisland.go(map, hit.layer, hit.i);
          else gisland.notice(map, word("not_on_map", id));
        }));
        row.append(name, ...cells.map((text) => node("td", "", text)));
      }
    });
  };
})();
