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
        else model[property] = both[lang];
      }
    }
  }

  for (const button of document.querySelectorAll("[data-set-lang]"))
    button.addEventListener("click", () => speak(button.dataset.setLang));

  speak(root.dataset.lang);
  Bokeh.embed.embed_items(plan.docs, plan.items).then(() => {
    models = Bokeh.documents[Bokeh.documents.length - 1];
    speak(root.dataset.lang);
    root.dataset.ready = "yes";
  });
})();
