// Ganache for the programs of this machine, and for no page that a browser shows: its own server answers any origin.
//
// A page can send here what it likes, so a request must say what a page cannot: application/json and no Origin, and as
// Host an address of this machine, which the name of a page that was rebound to it is not. What signs or rewrites the
// chain is refused to everybody; --unguarded opens it, with accounts that everybody knows, for tests alone.
//
//     node ganache.cjs --ganache=FOLDER --port=PORT --chain=NUMBER [--database=FOLDER]
//                      (--key=FILE | --unguarded [--NAMESPACE.OPTION=VALUE ...])
"use strict";

const { randomBytes } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { parseArgs } = require("node:util");

const LOOPBACK = "127.0.0.1";
const MAX_BYTES = 2 ** 22;
const MAX_BATCH = 1000;
const IDLE_MS = 600_000;

const READING = `
  eth_blockNumber eth_call eth_chainId eth_estimateGas eth_feeHistory eth_gasPrice eth_getBalance eth_getBlockByHash
  eth_getBlockByNumber eth_getBlockTransactionCountByHash eth_getBlockTransactionCountByNumber eth_getCode eth_getLogs
  eth_getProof eth_getStorageAt eth_getTransactionByBlockHashAndIndex eth_getTransactionByBlockNumberAndIndex
  eth_getTransactionByHash eth_getTransactionCount eth_getTransactionReceipt eth_maxPriorityFeePerGas eth_syncing
  net_listening net_peerCount net_version web3_clientVersion web3_sha3`;
const ALLOWED = new Set([...READING.trim().split(/\s+/), "eth_sendRawTransaction"]);

// 1,000 ether for the account of this project. The second account's key is in no file: with both in the genesis block,
// not even who has the first can start another chain with it.
const STAKE = "0x3635c9adc5dea00000";
const randomKey = () => `0x${randomBytes(32).toString("hex")}`;

function walletOf(file) {
  const key = readFileSync(file, "utf8").trim();
  return {
    lock: true,
    accounts: [
      { secretKey: key, balance: STAKE },
      { secretKey: randomKey(), balance: "0x1" },
    ],
  };
}

function openChain({ ganache, chain, port, database, key, unguarded, ...others }) {
  const options = {
    chain: { chainId: Number(chain), networkId: Number(chain) },
    database: database ? { dbPath: database } : {},
    logging: { quiet: true },
    miner: {},
    wallet: unguarded ? { deterministic: true } : walletOf(key),
  };
  for (const [name, value] of Object.entries(others)) {
    const [space, option] = name.split(".");
    if (!unguarded || !option || !(space in options)) throw new Error(`no such option: --${name}`);
    options[space][option] = /^\d+$/.test(value) ? Number(value) : value;
  }
  const provider = require(ganache).provider(options);
  const known = provider.getOptions();
  const strange = Object.keys(others).find((name) => !(name.split(".")[1] in known[name.split(".")[0]]));
  if (strange) throw new Error(`no such option of Ganache: --${strange}`);
  return provider;
}

// Why this request is not answered, as HTTP status and words; nothing where it is.
function refusal({ method, headers }, port) {
  const isOurs = [LOOPBACK, "localhost", "[::1]"].some((name) => headers.host?.toLowerCase() === `${name}:${port}`);
  if (!isOurs) return [403, "not asked by the address of this machine"];
  const isOfPage = "origin" in headers || !["none", undefined].includes(headers["sec-fetch-site"]);
  if (isOfPage) return [403, "not for pages"];
  if (method !== "POST" || "upgrade" in headers) return [405, "POST alone is answered"];
  const type = headers["content-type"]?.split(";")[0].trim().toLowerCase();
  return type === "application/json" ? undefined : [415, "application/json alone is read"];
}

async function answerOne(chain, isGuarded, message) {
  const { id = null, method, params = [] } = message ?? {};
  const failed = (code, words, data) => ({ jsonrpc: "2.0", id, error: { code, message: words, data } });
  if (isGuarded && method === "eth_accounts") return { jsonrpc: "2.0", id, result: [] };
  if (isGuarded && !ALLOWED.has(method)) return failed(-32601, `the method ${method} is not available`);
  try {
    return { jsonrpc: "2.0", id, result: await chain.request({ method, params }) };
  } catch (error) {
    return failed(error.code ?? -32603, error.message, error.data);
  }
}

async function answer(body, one) {
  let asked;
  try {
    asked = JSON.parse(body);
  } catch {
    return [400, "no JSON"];
  }
  if (!Array.isArray(asked)) return [200, JSON.stringify(await one(asked))];
  if (asked.length > MAX_BATCH) return [413, `more than ${MAX_BATCH} questions`];
  // all at once, as they would come one by one: a transaction may wait for another of the batch
  return [200, JSON.stringify(await Promise.all(asked.map(one)))];
}

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function main() {
  const { values: settings } = parseArgs({ strict: false });
  const port = Number(settings.port);
  let chain;

  const handle = async (request) => {
    const refused = refusal(request, port);
    if (refused) return refused;
    const body = await read(request);
    if (body === undefined) return [413, `more than ${MAX_BYTES} bytes`];
    return answer(body, (message) => answerOne(chain, !settings.unguarded, message));
  };
  const reply = (response, [status, text]) => {
    const isAnswer = status === 200;
    response.writeHead(status, isAnswer ? { "Content-Type": "application/json" } : { Connection: "close" });
    response.end(text);
  };
  const server = createServer((request, response) =>
    handle(request).then(
      (made) => reply(response, made),
      () => response.destroy(), // who asked is gone
    ),
  );
  const end = async () => {
    server.closeAllConnections();
    await chain?.disconnect();
    process.exit(0);
  };
  process.once("SIGTERM", end).once("SIGINT", end);
  server.keepAliveTimeout = IDLE_MS;
  server.listen(port, LOOPBACK, () => {
    chain = openChain(settings);
  });
}

process.once("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});
main();
