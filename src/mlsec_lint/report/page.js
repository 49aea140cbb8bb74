(function () {
  "use strict";
  var tools = document.getElementById("tools");
  if (!tools) return;
  var box = document.getElementById("filter"), said = document.getElementById("shown");
  var levels = [].slice.call(tools.querySelectorAll("input[type=checkbox]"));
  var all = [].slice.call(document.querySelectorAll("article"));
  var texts = all.map(function (one) { return (one.textContent + " " + one.dataset.path).toLowerCase(); });
  var total = all.reduce(function (sum, one) { return sum + Number(one.dataset.places); }, 0);

  function has(index, word) {
    if (word.indexOf("item:") === 0) return all[index].dataset.items.split(" ").indexOf(word.slice(5)) >= 0;
    return texts[index].indexOf(word) >= 0;
  }

  function show() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean), on = {}, count = 0;
    levels.forEach(function (one) { on[one.value] = one.checked; });
    all.forEach(function (one, index) {
      var fits = on[one.dataset.severity] && words.every(function (word) { return has(index, word); });
      one.hidden = !fits;
      if (fits) count += Number(one.dataset.places);
    });
    [].forEach.call(document.querySelectorAll("section.file"), function (part) {
      part.hidden = !part.querySelector("article:not([hidden])");
    });
    said.textContent = count + " of " + total + " shown";
  }

  function open() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.tagName === "DETAILS") target.open = true;
    if (target.closest("[hidden]")) {
      box.value = "";
      levels.forEach(function (one) { one.checked = true; });
      show();
    }
    target.scrollIntoView();
  }

  box.addEventListener("input", show);
  levels.forEach(function (one) { one.addEventListener("change", show); });
  [].forEach.call(document.querySelectorAll("a[data-filter]"), function (link) {
    link.hidden = false;
    link.addEventListener("click", function () { box.value = link.dataset.filter; show(); });
  });
  window.addEventListener("hashchange", open);
  tools.hidden = false;
  show();
  open();
})();
