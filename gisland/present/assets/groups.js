/* The list of layers under small headings; where it is long, groups without a layer that is on
   start folded, so that the legend below keeps its room. */
(() => {
  "use strict";
  const { node } = gisland;
  const MANY = 14; // layers that are listed without folding any

  gisland.groupLayers = (map, control) => {
    const groups = gisland.pageData.groups || [], listed = control._update, chosen = new Map();
    let parts = [];
    if (groups.length < 2) return;
    const folding = gisland.layers.length > MANY;
    const idOf = (label) => (control._getLayer(label.querySelector("input").layerId).layer.head || {}).id;

    /* Fold groups until `fits` says that the legend below has room, those with the fewest layers on
       first; that with the most stays open. */
    gisland.tighten = (fits) => {
      const open = parts.filter(({ box }) => box.open).sort((a, b) => a.on - b.on || b.n - a.n).slice(0, -1);
      for (const { n, box } of open) {
        if (fits()) return;
        chosen.set(n, false);
        box.open = false;
      }
    };

    const part = (name, n, labels) => {
      const box = node("details", "gi-set"), head = node("summary", "", name);
      const on = labels.filter((label) => label.querySelector("input").checked).length;
      box.open = chosen.get(n) ?? (!folding || on > 0);
      head.onclick = () => chosen.set(n, !box.open); // the click comes before the change
      box.ontoggle = () => map.fire("gi-panels");
      box.append(head, ...labels);
      return { n, on, box };
    };

    control._update = function () {
      const made = listed.call(this), list = this._overlaysList, all = [...list.children];
      parts = groups.map(([name, ids], n) => [name, n, all.filter((label) => ids.includes(idOf(label)))])
        .filter(([, , labels]) => labels.length).map((each) => part(...each));
      list.prepend(...parts.map(({ box }) => box)); // what belongs to no group stays below
      return made;
    };
  };
})();
