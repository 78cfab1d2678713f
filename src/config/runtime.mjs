import module, { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const file = process.argv.at(-1);
const mark = "\u0001evt-config\u0001";

const substitutes = {
  "prisma/config":
    "export const defineConfig = (config) => config;" +
    "export const env = (name) => {" +
    "  const value = process.env[name];" +
    "  if (!value) throw new Error(`environment variable ${name} is not set or empty`);" +
    "  return value;" +
    "};",
  "dotenv/config": "try { process.loadEnvFile(); } catch {} export {};",
};
substitutes["@prisma/config"] = substitutes["prisma/config"];

module.registerHooks?.({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      const text = substitutes[specifier];
      if (text === undefined) throw error;
      return { url: "data:text/javascript," + encodeURIComponent(text), shortCircuit: true };
    }
  },
});

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
