/* Packed data: base64, deflated, a JSON head and runs of numbers in seven bits a byte. */
(() => {
  "use strict";
  const CELL = 4; // features in a cell of the index, on average
  const MOST_CELLS = 512; // along a side

  function bytesOf(text) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const plain = atob(text), bytes = new Uint8Array(plain.length);
    for (let i = 0; i < plain.length; i++) bytes[i] = plain.charCodeAt(i);
    return bytes;
  }

  /* Arrays by name, and facts, of one packed block of the page, which is then forgotten. */
  gisland.unpack = async (name) => {
    const packed = new Blob([bytesOf(gisland.read(name))]);
    document.getElementById("gisland-" + name).remove();
    const stream = packed.stream().pipeThrough(new DecompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const size = new DataView(bytes.buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
    const arrays = {};
    let at = 4 + size;
    for (const [key, count] of head.arrays) {
      const made = key.startsWith("column") ? new Float64Array(count) : new Int32Array(count);
      at = fill(made, bytes, at);
      arrays[key] = made;
    }
    return { arrays, facts: head.facts };
  };

  function fill(made, bytes, at) {
    for (let i = 0; i < made.length; i++) {
      let byte = bytes[at++], value = byte & 127, times = 128;
      while (byte & 128) {
        byte = bytes[at++];
        value += (byte & 127) * times;
        times *= 128;
      }
      made[i] = value % 2 ? -(value + 1) / 2 : value / 2;
    }
    return at;
  }

  function sums(values, step = 1) {
    for (let i = step; i < values.length; i++) values[i] += values[i - step];
    return values;
  }

  const starts = (sizes) => {
    const made = new Int32Array(sizes.length + 1);
    for (let i = 0; i < sizes.length; i++) made[i + 1] = made[i] + sizes[i];
    return made;
  };

  /* Shape of a layer, ready to be drawn and asked. */
  gisland.shapeOf = ({ arrays, facts }) => {
    const { lines, sizes, dimensions, xy, signed, places } = arrays;
    const shape = {
      count: lines.length,
      origin: facts.origin,
      first: starts(lines), // line of each feature
      start: starts(sizes), // vertex of each line
      dimension: Uint8Array.from(dimensions),
      xy: sums(xy, 2),
      codes: {},
    };
    for (const key in arrays)
      if (key.startsWith("class:")) shape.codes[key.slice(6)] = Uint8Array.from(arrays[key]);
    sums(signed);
    sums(places, 2);
    shape.signs = facts.signs.map((text, i) => (
      { text, feature: signed[i], x: places[2 * i], y: places[2 * i + 1] }));
    shape.box = boxes(shape);
    shape.index = indexOf(shape);
    return shape;
  };

  function boxes({ count, first, start, xy }) {
    const box = new Int32Array(4 * count);
    for (let i = 0; i < count; i++) {
      let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
      for (let v = start[first[i]]; v < start[first[i + 1]]; v++) {
        const x = xy[2 * v], y = xy[2 * v + 1];
        if (x < west) west = x;
        if (x > east) east = x;
        if (y < north) north = y;
        if (y > south) south = y;
      }
      box.set([west, north, east, south], 4 * i);
    }
    return box;
  }

  /* Features by the cells of a grid that their boxes touch. */
  function indexOf({ count, box }) {
    let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
    for (let i = 0; i < count; i++) {
      west = Math.min(west, box[4 * i]);
      north = Math.min(north, box[4 * i + 1]);
      east = Math.max(east, box[4 * i + 2]);
      south = Math.max(south, box[4 * i + 3]);
    }
    const side = Math.max(1, Math.min(MOST_CELLS, Math.ceil(Math.sqrt(count / CELL))));
    const wide = (east - west) / side + 1, high = (south - north) / side + 1;
    const column = (x) => Math.max(0, Math.min(side - 1, Math.floor((x - west) / wide)));
    const row = (y) => Math.max(0, Math.min(side - 1, Math.floor((y - north) / high)));
    const each = (a, b, c, d, visit) => {
      for (let y = row(b); y <= row(d); y++)
        for (let x = column(a); x <= column(c); x++) visit(y * side + x);
    };
    const all = (visit) => {
      for (let i = 0; i < count; i++)
        each(box[4 * i], box[4 * i + 1], box[4 * i + 2], box[4 * i + 3], (cell) => visit(cell, i));
    };
    const sizes = new Int32Array(side * side);
    all((cell) => sizes[cell]++);
    const start = starts(sizes), next = start.slice(), items = new Int32Array(start[side * side]);
    all((cell, i) => { items[next[cell]++] = i; });
    const seen = new Uint32Array(count);
    let turn = 0;

    /* Features whose boxes touch a box, in their order. */
    return (a, b, c, d) => {
      const found = [];
      turn += 1;
      each(a, b, c, d, (cell) => {
        for (let k = start[cell]; k < start[cell + 1]; k++) {
          const i = items[k], at = 4 * i;
          if (seen[i] === turn) continue;
          seen[i] = turn;
          if (box[at] <= c && box[at + 2] >= a && box[at + 1] <= d && box[at + 3] >= b) found.push(i);
        }
      });
      return Int32Array.from(found).sort();
    };
  }
})();
