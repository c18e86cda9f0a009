// The reference implementation, measured: {text, records, counts, parses} on standard input, figures on standard output.
const { readFileSync } = require("node:fs");
const jsonata = require("jsonata");

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const microseconds = async (work) => {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1000;
};

async function main() {
  const { text, records, counts, parses } = JSON.parse(readFileSync(0, "utf8"));
  const expression = jsonata(text);
  const batch = async (count) => {
    for (let n = 0; n < count; n += 1) await expression.evaluate(records[n]);
  };
  for (let n = 0; n < 5; n += 1) await batch(records.length); // warm
  const evaluate = {};
  for (const count of counts) {
    const rounds = [];
    for (let n = 0; n < 9; n += 1) rounds.push(await microseconds(() => batch(count)));
    evaluate[count] = median(rounds);
  }
  const parse = [];
  for (let n = 0; n < parses; n += 1) parse.push(await microseconds(() => jsonata(`${text}/* ${n} */`)));
  process.stdout.write(JSON.stringify({ evaluate, parse: median(parse) }));
}

main();
