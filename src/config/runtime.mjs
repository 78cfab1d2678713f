import module, { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const file = process.argv.at(-1);
const mark = "\u0001evt-config\u0001";

// `prisma/config` is always replaced: it need not be installed, it is slow to load, and a missing variable is an error
// only for commands that need it. `dotenv/config` is replaced where it is not installed.
const always = {
  "prisma/config":
    "export const defineConfig = (config) => config;" +
    "export const env = (name) =>" +
    "  process.env[name] || `\\u0001${process.env[name] === undefined ? 'unset' : 'empty'} ${name}\\u0001`;",
};
always["@prisma/config"] = always["prisma/config"];
const fallback = {
  "dotenv/config": "try { process.loadEnvFile(); } catch {} export {};",
};

const found = (text) => ({ url: "data:text/javascript," + encodeURIComponent(text), shortCircuit: true });

if (module.registerHooks) {
  module.registerHooks({
    resolve(specifier, context, next) {
      if (specifier in always) return found(always[specifier]);
      try {
        return next(specifier, context);
      } catch (error) {
        if (specifier in fallback) return found(fallback[specifier]);
        throw error;
      }
    },
  });
} else if (module.register) {
  const hooks = `
    const always = ${JSON.stringify(always)};
    const fallback = ${JSON.stringify(fallback)};
    const found = ${found};
    export async function resolve(specifier, context, next) {
      if (specifier in always) return found(always[specifier]);
      try {
        return await next(specifier, context);
      } catch (error) {
        if (specifier in fallback) return found(fallback[specifier]);
        throw error;
      }
    }`;
  module.register("data:text/javascript," + encodeURIComponent(hooks));
}

// CommonJS has no such hooks on older versions.
const loadCommonJs = module._load;
if (!module.registerHooks && loadCommonJs) {
  const defineConfig = (config) => config;
  const env = (name) =>
    process.env[name] || `\u0001${process.env[name] === undefined ? "unset" : "empty"} ${name}\u0001`;
  module._load = function (request, ...rest) {
    return request in always ? { defineConfig, env } : loadCommonJs.call(this, request, ...rest);
  };
}

async function load() {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    const typescript = /\.[cm]?ts$/.test(file) && error.code === "ERR_UNKNOWN_FILE_EXTENSION";
    if (!typescript) throw error;
    // Prisma itself brings `jiti`, which reads TypeScript on any version of Node.js.
    const require = createRequire(file);
    for (const from of [require, () => createRequire(require.resolve("prisma/package.json"))]) {
      try {
        const near = from === require ? require : from();
        const { createJiti } = await import(pathToFileURL(near.resolve("jiti")).href);
        return await createJiti(file).import(file);
      } catch (inner) {
        if (inner.code !== "MODULE_NOT_FOUND") throw inner;
      }
    }
    throw new Error("this version of Node.js cannot read TypeScript; use 22.18 or newer, or install `jiti`");
  }
}

let answer;
try {
  const loaded = await load();
  let value = loaded.default ?? loaded;
  value = value?.default ?? value;
  if (typeof value === "function") value = await value();
  answer = { value };
} catch (error) {
  answer = { error: String(error?.message ?? error) };
}
process.stdout.write("\n" + mark + JSON.stringify(answer) + "\n", () => process.exit(0));
