// Searches and turns the long lists. What the data says only ever becomes text.

const PER_PAGE = 50;

function filled(row) {
  const line = document.createElement("tr");
  for (const cell of row) {
    const name = document.createElement("bdi");
    name.textContent = cell;
    const place = document.createElement("td");
    place.append(name);
    line.append(place);
  }
  return line;
}

function enliven(list) {
  const all = JSON.parse(list.querySelector("script").textContent);
  const input = list.querySelector("input");
  const [back, on] = list.querySelectorAll("button");
  let found = all;
  let first = 0;

  function show() {
    const last = Math.min(first + PER_PAGE, found.length);
    const [from, to, of, total] = [first + 1, last, found.length, all.length].map((number) =>
      number.toLocaleString("en"),
    );
    const among = found.length === all.length ? "" : ` found among ${total}`;
    list.querySelector(".count").textContent = found.length ? `${from} to ${to} of ${of}${among}` : `none${among}`;
    list.querySelector("tbody").replaceChildren(...found.slice(first, last).map(filled));
    back.disabled = first === 0;
    on.disabled = last === found.length;
  }

  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = all.filter((row) => {
      const text = row.join("\n").toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    first = 0;
    show();
  });
  input.form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of [back, on]) {
    button.addEventListener("click", () => {
      first += PER_PAGE * Number(button.dataset.turn);
      show();
    });
  }
  input.form.hidden = all.length < 2;
  list.querySelector("nav").hidden = all.length <= PER_PAGE;
  // without the script its first rows stand there already
  if (all.length > PER_PAGE) show();
}

document.querySelectorAll(".listing").forEach(enliven);
document.body.dataset.alive = "";
