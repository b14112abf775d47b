"use strict";
(() => {
  const plan = JSON.parse(document.getElementById("plan-data").textContent);
  const root = document.documentElement;
  let models = null;

  function speak(lang) {
    root.lang = root.dataset.lang = lang;
    for (const button of document.querySelectorAll("[data-set-lang]"))
      button.setAttribute("aria-pressed", String(button.dataset.setLang === lang));
    if (models === null) return;
    for (const [name, texts] of Object.entries(plan.words)) {
      const model = models.get_model_by_name(name);
      if (model === null) continue;
      for (const [property, both] of Object.entries(texts)) {
        if (property.startsWith("column:"))
          model.data = {...model.data, [property.slice(7)]: model.data[both[lang]]};
        else if (property === "major_label_overrides")
          model[property] = new Map(Object.entries(both[lang]).map(([at, text]) => [Number(at), text]));
        else model[property] = both[lang];
      }
    }
    const metric = models.get_model_by_name("metric");
    if (metric === null) return;
    const chosen = metric.options.find((option) => option[0] === metric.value);
    models.get_model_by_name("map-bar").title = chosen[1];
  }

  for (const button of document.querySelectorAll("[data-set-lang]"))
    button.addEventListener("click", () => speak(button.dataset.setLang));

  function sortBy(head) {
    const table = head.closest("table"), body = table.tBodies[0], column = head.cellIndex;
    const numeric = body.rows.length > 0 && body.rows[0].cells[column].classList.contains("n");
    const was = head.getAttribute("aria-sort");
    const up = was ? was === "descending" : !numeric;
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => row.cells[column].dataset.sort;
    const order = (a, b) => numeric ? Number(key(a)) - Number(key(b)) : key(a).localeCompare(key(b));
    body.append(...[...body.rows].sort((a, b) => up ? order(a, b) : order(b, a)));
  }

  for (const button of document.querySelectorAll("table.sortable thead button"))
    button.addEventListener("click", () => sortBy(button.closest("th")));

  speak(root.dataset.lang);
  Bokeh.embed.embed_items(plan.docs, plan.items).then((views) => {
    models = Bokeh.documents[Bokeh.documents.length - 1];
    speak(root.dataset.lang);
    root.dataset.ready = "yes";
  });
})();
