"use strict";
(() => {
  const plan = JSON.parse(document.getElementById("plan-data").textContent);
  const data = plan.data, root = document.documentElement, rows = data.rows;
  const state = { base: data.base, run: data.run };
  let models = null;

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const values = new Float64Array(bytes(data.values)), width = rows.table.length;
  const stack = new (data.stack.bytes === 4 ? Float32Array : Float64Array)(bytes(data.stack.values));
  const lang = () => root.dataset.lang;
  const word = (key) => data.words[key][lang()];
  const figure = (row) => data.figures[`${rows.table[row]}.${rows.figure[row]}`];
  const value = (run, row) => values[run * width + row];
  const placeName = (row) => (lang() === "ja" ? rows.name_ja : rows.name_en)[row];
  const isKnown = (row) => !Number.isNaN(value(state.base, row)) || !Number.isNaN(value(state.run, row));
  const ofTable = (table) => rows.table.flatMap((name, row) => (name === table && isKnown(row) ? [row] : []));
  const named = (name) => models.get_model_by_name(name);

  function number(amount, digits) {
    const text = amount.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return /[1-9]/.test(text) ? text : text.replace("-", "");
  }
  const signed = (amount, digits) => (amount > 0 && /[1-9]/.test(number(amount, digits)) ? "+" : "") + number(amount, digits);
  const shown = (amount, known) => known.share ? `${number(amount * 100, known.digits)} %` : number(amount, known.digits);
  const shownDifference = (amount, known) =>
    known.share ? `${signed(amount * 100, known.digits)} ${lang() === "ja" ? "ポイント" : "points"}` : signed(amount, known.digits);

  // The same rule as optimizer/analyse/compare.py: same, within_proof, differs, absent_in_base, absent_in_run.
  function judged(row) {
    const before = value(state.base, row), now = value(state.run, row);
    const place = rows.figure[row] === "it_mw" && (rows.table[row] === "sites" || rows.table[row] === "areas");
    const reach = (run, amount) => data.runs[run].gap * (place ? data.runs[run].built : Math.abs(amount));
    const size = Math.abs(now - before);
    let name = "differs";
    const limit = rows.figure[row] === "gap" ? 0 : Math.max(reach(state.run, now) + reach(state.base, before), 1e-6);
    if (Number.isNaN(now) || Number.isNaN(before)) name = Number.isNaN(now) ? "absent_in_run" : "absent_in_base";
    else if (size === 0) name = "same";
    else if (size <= limit) name = "within_proof";
    return { before, now, difference: now - before, relative: before === 0 ? NaN : (now - before) / Math.abs(before), state: name };
  }

  function element(tag, text, attributes = {}) {
    const made = document.createElement(tag);
    if (text !== undefined && text !== null) made.textContent = text;
    for (const [name, content] of Object.entries(attributes)) made.setAttribute(name, content);
    return made;
  }
  const fill = (id, children) => document.getElementById(id).replaceChildren(...children);

  function cell(row, role, found) {
    const amount = { base: found.before, run: found.now, difference: found.difference, relative: found.relative }[role];
    const made = element("td", "", { class: "n", "data-row": [rows.table[row], rows.place[row], rows.part[row], rows.figure[row]].join("|"), "data-role": role, "data-value": String(amount) });
    if (Number.isNaN(amount)) {
      made.textContent = role === "base" || role === "run" ? word("absent") : "–";
      made.classList.add("soft");
    } else if (role === "relative") made.textContent = `${signed(amount * 100, 1)} %`;
    else if (role === "difference") {
      made.textContent = shownDifference(amount, figure(row));
      if (found.state !== "differs") made.classList.add("soft");
      else made.classList.add(amount > 0 ? "up" : "down");
    } else made.textContent = shown(amount, figure(row));
    return made;
  }
  function mark(found) {
    if (found.state === "differs") return element("span", "");
    const text = found.state.startsWith("absent") ? `${word("absent")}: ${word(found.state === "absent_in_run" ? "run" : "base")}` : word(found.state);
    return element("span", text, { class: "mark", "data-state": found.state });
  }

  const CARDS = ["cost_jpy_bn_per_a", "capture.base.gross_jpy_bn", "capture.base.net_jpy_bn", "cost_per_captured_jpy", "new_renewable_mw", "co2_kt"];
  function cards() {
    const nation = ofTable("nation");
    fill("cards", CARDS.flatMap((name) => {
      const row = nation.find((one) => rows.figure[one] === name);
      if (row === undefined) return [];
      const found = judged(row), known = figure(row), card = element("div", null, { class: "card", "data-key": name });
      const big = element("p", Number.isNaN(found.difference) ? "–" : shownDifference(found.difference, known), { class: "big", "data-value": String(found.difference) });
      big.append(element("small", ` ${known.share ? "" : known.unit}`));
      const text = (amount) => Number.isNaN(amount) ? word("absent") : shown(amount, known);
      const from = element("p", `${text(found.before)} → ${text(found.now)}`, { class: "from" });
      const note = element("p", Number.isNaN(found.relative) ? "" : `${signed(found.relative * 100, 1)} % `, { class: "note" });
      note.append(mark(found));
      card.append(element("h2", known[lang()]), big, from, note);
      return [card];
    }));
  }

  function nation() {
    document.querySelector("#table-nation tbody").replaceChildren(...ofTable("nation").map((row) => {
      const found = judged(row), line = element("tr"), known = figure(row);
      line.append(element("th", known[lang()], { scope: "row" }), element("td", known.share ? "%" : known.unit),
        ...["base", "run", "difference", "relative"].map((role) => cell(row, role, found)), element("td"));
      line.lastChild.append(mark(found));
      return line;
    }));
  }

  function pivot(table, byDifference) {
    const all = ofTable(table), target = document.getElementById(`table-${table}`);
    const columns = [...new Set(all.map((row) => `${rows.part[row]}|${rows.figure[row]}`))];
    const places = new Map();
    for (const row of all) {
      if (!places.has(rows.place[row])) places.set(rows.place[row], {});
      places.get(rows.place[row])[`${rows.part[row]}|${rows.figure[row]}`] = row;
    }
    const head = element("thead"), top = element("tr"), sub = element("tr");
    top.append(element("th", "", { rowspan: "2" }));
    for (const column of columns) {
      const row = all.find((one) => `${rows.part[one]}|${rows.figure[one]}` === column), known = figure(row);
      const title = element("th", rows.part[row] || known[lang()], { colspan: "3", class: "first" });
      if (!rows.part[row]) title.append(element("small", known.share ? "%" : known.unit));
      top.append(title);
      sub.append(...["base", "run", "difference"].map((role, at) => element("th", word(role), { class: at ? "n" : "n first" })));
    }
    head.append(top, sub);
    const size = (cells) => Math.abs(swing(cells[columns[0]]));
    const order = [...places.values()];
    if (byDifference) order.sort((a, b) => size(b) - size(a));
    const body = element("tbody");
    body.append(...order.map((cells) => {
      const line = element("tr");
      line.append(element("th", placeName(Object.values(cells)[0]), { scope: "row" }));
      for (const column of columns) {
        if (cells[column] === undefined) { line.append(...[0, 1, 2].map((at) => element("td", "–", { class: at ? "n soft" : "n soft first" }))); continue; }
        const found = judged(cells[column]);
        line.append(...["base", "run", "difference"].map((role, at) => { const made = cell(cells[column], role, found); if (!at) made.classList.add("first"); return made; }));
      }
      return line;
    }));
    target.replaceChildren(head, body);
  }

  // Capacity a site gains; one that a run does not have counts with what it has in the other.
  function swing(row) {
    const found = judged(row);
    return (Number.isNaN(found.now) ? 0 : found.now) - (Number.isNaN(found.before) ? 0 : found.before);
  }
  function moved() {
    const built = ofTable("sites").filter((row) => rows.figure[row] === "it_mw");
    return built.map((row) => ({ row, site: rows.place[row], swing: swing(row), state: judged(row).state }))
      .filter((one) => one.state !== "same" && one.state !== "within_proof" && one.swing !== 0)
      .sort((a, b) => Math.abs(b.swing) - Math.abs(a.swing) || (a.site < b.site ? -1 : 1));
  }

  function movers() {
    const all = moved(), most = Math.abs(all[0]?.swing ?? 1);
    fill("movers", all.slice(0, 12).map((one) => {
      const line = element("li", null, { class: one.swing > 0 ? "more" : "less", "data-site": one.site });
      line.append(element("span", placeName(one.row)), element("b", `${signed(one.swing, 0)} MW`), element("i", "", { style: `width:${(100 * Math.abs(one.swing)) / most}%` }));
      return line;
    }));
    document.getElementById("movers-none").textContent = all.length ? "" : word("nothing");
  }

  const MOVED = 8, NAMED = 3, WORTH_SAYING = 0.05;
  const components = data.stack.components;
  function stackAt(run, site) {
    const at = data.stack.sites.indexOf(site), start = (run * data.stack.sites.length + at) * components.length;
    return at < 0 ? components.map(() => NaN) : Array.from(stack.slice(start, start + components.length));
  }
  const sum = (list) => list.reduce((total, one) => total + one, 0);
  // Median over all sites of what each component, and last the whole stack, moved by.
  function middle() {
    const change = data.stack.sites.map((site) => changeAt(site)).filter((parts) => !parts.some(Number.isNaN));
    return [...components, null].map((component, at) => {
      const sorted = change.map((parts) => parts[at]).sort((a, b) => a - b), half = sorted.length / 2;
      if (!sorted.length) return NaN;
      return sorted.length % 2 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
    });
  }
  function changeAt(site) {
    const before = stackAt(state.base, site), change = stackAt(state.run, site).map((amount, at) => amount - before[at]);
    return [...change, sum(change)];
  }
  const always = (amount) => {
    const text = number(Math.abs(amount), 1);
    return `${amount < 0 && /[1-9]/.test(text) ? "-" : "+"}${text}`;
  };
  // The same sentence as optimizer/analyse/compare_why.py, from the same numbers.
  function sentence(one, change, there) {
    const ja = lang() === "ja", both = (at) => `${always(change[at])}${ja ? "（" : " ("}${always(there[at])}${ja ? "）" : ")"}`;
    const named = components.map((component, at) => ({ component, at, far: Math.abs(change[at] - there[at]) }))
      .filter((part) => part.component.named && part.far >= WORTH_SAYING)
      .sort((a, b) => b.far - a.far).slice(0, NAMED).map((part) => `${part.component[lang()]} ${both(part.at)}`);
    const amount = `${number(Math.abs(one.swing), 0)} MW`, last = components.length, name = placeName(one.row);
    const missing = {
      absent_in_base: ["there is no such site in the base", "基準にはない地点"],
      absent_in_run: ["there is no such site in the run", "比較側にはない地点"],
    }[one.state] ?? ["no price stack to compare", "比べられる費用の内訳がない"];
    const isLost = Number.isNaN(change[last]);
    if (ja) {
      const head = `${name}は${amount}${one.swing > 0 ? "増" : "減"}：`;
      return isLost ? `${head}${missing[1]}。` : `${head}${named.join("、") || "内訳の変化は中央の地点と同じ"}。合計 ${both(last)}。百万円/MW/年、括弧内は全地点の中央値。`;
    }
    const head = `${name} ${one.swing > 0 ? "gains" : "loses"} ${amount}: `;
    return isLost ? `${head}${missing[0]}.` : `${head}${named.join(", ") || "its stack moved as at the middle site"}; in all ${both(last)} JPY m/MW a, in brackets the middle site.`;
  }

  function why() {
    const there = middle();
    const stacks = (site) => ({ before: stackAt(state.base, site), now: stackAt(state.run, site), change: changeAt(site) });
    const first = moved().slice(0, MOVED).map((one) => ({ ...one, ...stacks(one.site) }));
    fill("why", first.length ? first.map((one) => element("li", sentence(one, one.change, there), { "data-site": one.site })) : [element("li", word("nothing"))]);
    const whole = first.filter((one) => !Number.isNaN(one.change[components.length]));
    fill("stacks", whole.map(sideBySide));
    drawMoves(whole);
  }
  function sideBySide(one) {
    const table = element("table", null, { "data-site": one.site }), head = element("tr"), body = element("tbody");
    head.append(element("th", word("component")), ...["base", "run", "difference"].map((role) => element("th", word(role), { class: "n" })));
    const lines = components.map((component, at) => [component[lang()], one.before[at], one.now[at], component.name]).filter((line) => line[1] !== 0 || line[2] !== 0);
    lines.push([word("total"), sum(one.before), sum(one.now), "total"]);
    for (const [text, before, now, name] of lines) {
      const line = element("tr");
      line.append(element("th", text, { scope: "row" }), ...[number(before, 1), number(now, 1), signed(now - before, 1)].map((shownAmount, at) =>
        element("td", shownAmount, { class: "n", "data-component": name, "data-value": String([before, now, now - before][at]) })));
      body.append(line);
    }
    table.append(element("caption", `${placeName(one.row)} ${signed(one.swing, 0)} MW`), element("thead"), body);
    table.tHead.append(head);
    return table;
  }

  function drawMoves(first) {
    const names = new Map();
    for (const one of first) { // sites of one name stay apart
      let name = placeName(one.row);
      while ([...names.values()].includes(name)) name += " ";
      names.set(one.site, name);
    }
    const bars = { site: [], left: [], right: [], colour: [], component: [], value: [] }, used = new Set();
    for (const one of first) {
      let high = 0, low = 0;
      components.forEach((component, at) => {
        const amount = one.change[at];
        if (Math.abs(amount) < WORTH_SAYING) return;
        const from = amount > 0 ? high : low;
        if (amount > 0) high += amount; else low += amount;
        const bar = { site: names.get(one.site), left: Math.min(from, from + amount), right: Math.max(from, from + amount), colour: component.colour, component: component[lang()], value: amount };
        for (const [key, content] of Object.entries(bar)) bars[key].push(content);
        used.add(at);
      });
    }
    const chart = named("moves"), reach = [Math.min(0, ...bars.left), Math.max(0, ...bars.right)], room = 0.04 * (reach[1] - reach[0] || 1);
    [chart.x_range.start, chart.x_range.end] = [reach[0] - room, reach[1] + room];
    chart.y_range.factors = first.map((one) => names.get(one.site)).reverse();
    named("moves-source").data = bars;
    named("moves-totals").data = { site: first.map((one) => names.get(one.site)), total: first.map((one) => one.change[components.length]) };
    fill("moves-key", [...used].sort((a, b) => a - b).map((at) => {
      const line = element("li");
      line.append(element("i", "", { style: `background:${components[at].colour}` }), ` ${components[at][lang()]}`);
      return line;
    }));
  }

  function inputs() {
    const facts = data.facts, lines = [], base = data.runs[state.base], run = data.runs[state.run];
    const skipped = Object.keys(base.kept).filter((kind) => base.kept[kind] === null || base.kept[kind] !== run.kept[kind]);
    const isKnown = !skipped.includes("scenario") && !skipped.includes("file") && base.files === run.files;
    const lost = skipped.filter((kind) => !isKnown || !["parameter", "cell"].includes(kind));
    facts.values.forEach((texts, at) => {
      if (texts[state.base] === texts[state.run] || skipped.includes(facts.kind[at])) return;
      const line = element("tr", null, { "data-name": facts.name[at] });
      const text = (run) => texts[run] < 0 ? word("absent") : facts.texts[texts[run]];
      line.append(element("td", word(facts.kind[at])), element("td", facts.name[at]), element("td", facts.unit[at]), element("td", text(state.base)), element("td", text(state.run)));
      lines.push(line);
    });
    document.querySelector("#table-inputs tbody").replaceChildren(...lines);
    const none = word(lost.includes("scenario") ? "unknown" : "nothing");
    document.getElementById("inputs-none").textContent = lines.length ? "" : none;
    const kinds = lost.map(word).join(lang() === "ja" ? "、" : ", ");
    document.getElementById("inputs-lost").textContent = lost.length ? `${word("lost")} ${kinds}` : "";
  }

  // Words beside points of a chart: eight places around each are tried, a word that finds none is left out.
  function place(chart, source, points) {
    const box = chart.inner_width || 800, tall = chart.inner_height || 500;
    const x = (at) => ((at - chart.x_range.start) / (chart.x_range.end - chart.x_range.start)) * box;
    const y = (at) => (1 - (at - chart.y_range.start) / (chart.y_range.end - chart.y_range.start)) * tall;
    const wide = (text) => [...text].reduce((total, letter) => total + (letter.codePointAt(0) > 0x2e80 ? 12 : 6.6), 4);
    const taken = points.map((one) => [x(one.x) - one.r, y(one.y) - one.r, x(one.x) + one.r, y(one.y) + one.r]);
    const made = { x: [], y: [], text: [], dx: [], dy: [], align: [] };
    for (const [at, one] of points.entries()) {
      if (!one.text) continue;
      const w = wide(one.text), far = one.r + 4;
      const tries = [[far, 0, "left"], [-far, 0, "right"], [0, -far - 7, "center"], [0, far + 7, "center"], [far * 0.75, -far * 0.75 - 6, "left"], [far * 0.75, far * 0.75 + 6, "left"], [-far * 0.75, -far * 0.75 - 6, "right"], [-far * 0.75, far * 0.75 + 6, "right"]];
      for (const [dx, dy, align] of tries) {
        const left = x(one.x) + dx - (align === "right" ? w : align === "center" ? w / 2 : 0), top = y(one.y) + dy - 8;
        const mine = [left, top, left + w, top + 16];
        const clash = taken.some((other, which) => which !== at && (which >= points.length || !one.must || points[which].must) && mine[0] < other[2] && other[0] < mine[2] && mine[1] < other[3] && other[1] < mine[3]);
        if (clash || left < 0 || left + w > box || top < 0 || top + 16 > tall) continue;
        taken.push(mine);
        for (const [key, content] of Object.entries({ x: one.x, y: one.y, text: one.text, dx, dy, align })) made[key].push(content);
        break;
      }
    }
    source.data = made;
  }

  function map() {
    const chart = named("map"), sites = named("map-sites"), land = named("map-land");
    const built = new Map(ofTable("sites").filter((row) => rows.figure[row] === "it_mw").map((row) => [rows.place[row], row]));
    const swings = sites.data.site.map((site) => (built.has(site) ? swing(built.get(site)) : 0));
    const drawn = swings.map((one) => Math.abs(one) >= 0.5);
    sites.data = {
      ...sites.data,
      radius: swings.map((one, at) => (drawn[at] ? plan.scale.radius * Math.sqrt(Math.abs(one) / plan.scale.largest) : 0)),
      colour: swings.map((one) => (one > 0 ? plan.colours.gain : plan.colours.loss)),
      hatch: swings.map((one) => (one > 0 ? " " : "/")),
    };
    const text = (run, row) => row === undefined || Number.isNaN(value(run, row)) ? word("absent") : `${number(value(run, row), 0)} MW`;
    const tips = land.data.site.map((site) => built.get(site));
    land.data = { ...land.data, base: tips.map((row) => text(state.base, row)), run: tips.map((row) => text(state.run, row)), difference: tips.map((row) => row === undefined ? "–" : `${signed(swing(row), 0)} MW`) };
    const kilometre = (chart.inner_width || 850) / (chart.x_range.end - chart.x_range.start);
    const order = swings.map((one, at) => at).filter((at) => drawn[at]).sort((a, b) => Math.abs(swings[b]) - Math.abs(swings[a]));
    place(chart, named("map-labels"), order.map((at, rank) => ({
      x: sites.data.x[at], y: sites.data.y[at], r: sites.data.radius[at] * kilometre,
      text: rank < 10 ? `${placeName(built.get(sites.data.site[at]))} ${signed(swings[at], 0)}` : "",
    })));
    document.getElementById("map-scale").textContent = `${lang() === "ja" ? "最大の円" : "largest circle"}: ${number(plan.scale.largest, 0)} MW`;
  }

  function front() {
    const source = named("front-source"), few = source.data.number.length <= 30;
    const role = (number) => number === state.base ? "base" : number === state.run ? "run" : "";
    const numbers = Array.from(source.data.number), roles = numbers.map(role);
    source.data = {
      ...source.data,
      colour: roles.map((one) => ({ base: "#1d2733", run: plan.colours.gain, "": "#aab3ba" })[one]),
      size: roles.map((one) => (one ? 15 : 9)),
      marker: roles.map((one) => ({ base: "square", run: "diamond", "": "circle" })[one]),
    };
    const text = (number) => !role(number) && !few ? "" : data.runs[number][lang()] + (role(number) ? ` (${word(role(number))})` : "");
    const order = numbers.map((number, at) => at).sort((a, b) => Boolean(roles[b]) - Boolean(roles[a]));
    place(named("front"), named("front-labels"), order.map((at) => ({ x: source.data.x[at], y: source.data.y[at], r: roles[at] ? 8 : 5, must: roles[at] !== "", text: text(numbers[at]) })));
  }

  // Runs over other hours: what differs between them is no difference of plans alone.
  function hours() {
    const [base, run] = [state.base, state.run].map((at) => data.runs[at].solved), isOther = base !== run;
    const text = word("other_hours").replace("{base}", base || "?").replace("{run}", run || "?");
    fill("hours", isOther ? [element("strong", text)] : []);
    document.getElementById("hours").hidden = !isOther;
    document.getElementById("proven").hidden = isOther;
  }

  function pickers() {
    for (const [id, key] of [["pick-run", "run"], ["pick-base", "base"]]) {
      const select = document.getElementById(id);
      fill(id, data.runs.map((run, at) => element("option", run[lang()] === run.key ? run.key : `${run[lang()]} — ${run.key}`, { value: String(at) })));
      select.value = String(state[key]);
    }
  }

  function render() {
    hours();
    cards();
    nation();
    for (const table of ["areas", "classes", "sites"]) pivot(table, table === "sites");
    document.getElementById("of-classes").hidden = ofTable("classes").length === 0;
    movers();
    inputs();
    if (models === null) return;
    why();
    map();
    front();
    root.dataset.shown = `${data.runs[state.run].key} - ${data.runs[state.base].key}`;
  }

  function choose(run, base) {
    if (run === base) [run, base] = [state.base, state.run]; // the other picker's run: they change places
    Object.assign(state, { run, base });
    pickers();
    render();
  }

  function speak(language) {
    root.lang = root.dataset.lang = language;
    for (const button of document.querySelectorAll("[data-set-lang]"))
      button.setAttribute("aria-pressed", String(button.dataset.setLang === language));
    if (models !== null)
      for (const [name, texts] of Object.entries(plan.words)) {
        const model = named(name);
        if (model === null) continue;
        for (const [property, both] of Object.entries(texts)) {
          if (property.startsWith("column:")) model.data = { ...model.data, [property.slice(7)]: model.data[both[language]] };
          else model[property] = both[language];
        }
      }
    pickers();
    render();
  }

  for (const button of document.querySelectorAll("[data-set-lang]"))
    button.addEventListener("click", () => speak(button.dataset.setLang));
  const listen = (id, event, act) => document.getElementById(id).addEventListener(event, act);
  listen("pick-run", "change", (event) => choose(Number(event.target.value), state.base));
  listen("pick-base", "change", (event) => choose(state.run, Number(event.target.value)));
  listen("swap", "click", () => choose(state.base, state.run));

  speak(root.dataset.lang);
  Bokeh.embed.embed_items(plan.docs, plan.items).then(() => {
    models = Bokeh.documents[Bokeh.documents.length - 1];
    const source = named("front-source");
    source.selected.properties.indices.change.connect(() => {
      const [at] = source.selected.indices;
      if (at === undefined) return;
      source.selected.indices = [];
      if (source.data.number[at] !== state.base) choose(source.data.number[at], state.base);
    });
    speak(root.dataset.lang);
    root.dataset.ready = "yes";
  });
})();
