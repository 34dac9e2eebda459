/* All sites in a table, for those who read rather than look: each line opens its site. */
(() => {
  "use strict";
  const { word, node, button } = gisland;

  gisland.sites = () => {
    const { heads, rows } = gisland.read("sites");
    gisland.sitesButton = (map) => button("", word("site_list"), () => {
      const table = node("table", "gi-list"), body = table.createTBody();
      table.createTHead().insertRow().append(...heads.map((text) => headCell("col", text)));
      for (const [id, ...cells] of rows) {
        const name = headCell("row");
        name.append(button("gi-open", id, () => open(map, id)));
        body.insertRow().append(name, ...cells.map((text) => node("td", "", text)));
      }
      gisland.dialog(word("site_list"), table);
    });
  };

  function headCell(scope, text) {
    const cell = node("th", "", text);
    cell.scope = scope;
    return cell;
  }

  async function open(map, id) {
    document.querySelector("dialog[open]").close();
    await gisland.known();
    const hit = gisland.findKey("site:" + id);
    if (hit) gisland.go(map, hit.layer, hit.i);
    else gisland.notice(map, word("not_on_map", id));
  }
})();
