// SPDX-License-Identifier: Apache-2.0
//
// validate.mjs FILE: holds the document in FILE, {"document":…,"answers":[{"path","method","status","body"}]}, against
// the schema of OpenAPI 3.1, each schema in it against JSON Schema 2020-12, and each answer against the schema that the
// document has for it. Prints what is wrong, a line each, then what was looked at; the exit code says whether all is well.
import { readFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const { document, answers } = JSON.parse(readFileSync(argv[2], "utf-8"));
const problems = [];
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })));

const verdict = await new Validator().validate(structuredClone(document));
if (!verdict.valid) problems.push(`not OpenAPI: ${JSON.stringify(verdict.errors)}`);

// What no schema says of a document.
const ids = operations.map(({ operation }) => operation.operationId);
for (const id of ids.filter((one, at) => ids.indexOf(one) !== at)) problems.push(`two operations are called ${id}`);
for (const { path, method, operation } of operations) {
  const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]).sort();
  const declared = operation.parameters.filter((one) => one.in === "path").map((one) => one.name).sort();
  if (JSON.stringify(inPath) !== JSON.stringify(declared)) {
    problems.push(`${method} ${path} declares [${declared}] of the path's [${inPath}]`);
  }
  const names = operation.parameters.map((one) => `${one.in} ${one.name}`);
  if (new Set(names).size !== names.length) problems.push(`${method} ${path} declares a parameter twice`);
  for (const one of (operation.security ?? document.security).flatMap(Object.keys)) {
    if (!document.components.securitySchemes[one]) problems.push(`${method} ${path}: there is no security scheme ${one}`);
  }
}

// The whole document is the schema that holds the others, so that references find them.
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true, allErrors: true });
addFormats.default(ajv);
ajv.addVocabulary(Object.keys(document));
ajv.addSchema({ ...document, $id: "document" });
const escaped = (name) => encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
const compiled = new Map();
const schemaAt = (...names) => {
  const pointer = `document#/${names.map(escaped).join("/")}`;
  if (!compiled.has(pointer)) {
    let validate = () => true;
    try {
      validate = ajv.compile({ $ref: pointer });
    } catch (failure) {
      problems.push(`${pointer} is not a schema: ${failure.message}`);
    }
    compiled.set(pointer, validate);
  }
  return compiled.get(pointer);
};
for (const name of Object.keys(document.components.schemas)) schemaAt("components", "schemas", name);
const contentOf = (at, content) => {
  for (const type of Object.keys(content ?? {})) schemaAt(...at, "content", type, "schema");
};
for (const [name, response] of Object.entries(document.components.responses)) {
  contentOf(["components", "responses", name], response.content);
}
for (const { path, method, operation } of operations) {
  const at = ["paths", path, method];
  operation.parameters.forEach((_, index) => schemaAt(...at, "parameters", String(index), "schema"));
  contentOf([...at, "requestBody"], operation.requestBody?.content);
  for (const [status, response] of Object.entries(operation.responses)) {
    contentOf([...at, "responses", status], response.content);
  }
}

for (const { path, method, status, body } of answers) {
  const found = document.paths[path][method].responses;
  const of = [String(status), `${Math.floor(status / 100)}XX`].find((one) => one in found);
  if (!of) {
    problems.push(`${method} ${path} does not say that it answers ${status}`);
    continue;
  }
  const at = found[of].$ref ? found[of].$ref.split("/").slice(1) : ["paths", path, method, "responses", of];
  const validate = schemaAt(...at, "content", "application/json", "schema");
  if (!validate(body)) {
    problems.push(`${status} of ${method} ${path}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(body).slice(0, 500)}`);
  }
}

for (const problem of problems) console.log(problem);
console.log(`OpenAPI ${document.openapi}, ${operations.length} operations, ${compiled.size} schemas, ${answers.length} answers:`
  + ` ${problems.length} problems`);
exit(problems.length ? 1 : 0);
