/* The list of layers under small headings; where it is long, groups without a layer that is on
   start folded, so that the legend below keeps its room. */
(() => {
  "use strict";
  const { node } = gisland;
  const MANY = 14; // layers that are listed without folding any

  gisland.groupLayers = (map, control) => {
    const groups = gisland.pageData.groups || [], listed = control._update, chosen = new Map();
    if (groups.length < 2) return;
    const folding = gisland.layers.length > MANY;
    const idOf = (label) => (control._getLayer(label.querySelector("input").layerId).layer.head || {}).id;

    const part = (name, n, labels) => {
      const box = node("details", "gi-set"), head = node("summary", "", name);
      const on = labels.some((label) => label.querySelector("input").checked);
      box.open = chosen.get(n) ?? (!folding || on);
      head.onclick = () => chosen.set(n, !box.open); // the click comes before the change
      box.ontoggle = () => map.fire("gi-panels");
      box.append(head, ...labels);
      return box;
    };

    control._update = function () {
      const made = listed.call(this), list = this._overlaysList, all = [...list.children];
      const parts = groups.map(([name, ids], n) => [name, n, all.filter((label) => ids.includes(idOf(label)))])
        .filter(([, , labels]) => labels.length).map((each) => part(...each));
      list.prepend(...parts); // what belongs to no group stays below
      return made;
    };
  };
})();
