/**
 * Addresses of XNAT's pages and of its REST interface, as people copy them from a browser, and what we write instead.
 *
 * @module
 */

/** The levels of a REST path, in their order. */
const LEVELS = ["projects", "subjects", "experiments", "scans", "resources", "files"];
const OURS: Readonly<Record<string, string>> = { http: "xnat+http", https: "xnat" };
/** How a page tells which type of object it is of, and its project. */
const PAGE = /\/search_element\/([^/]+)\/.*?\/search_value\/([^/]+)(?:\/.*?project\/([^/]+))?/;

/**
 * The URL of ours for what a browser shows at `url`: `xnat://HOST/BRAIN` for `xnat://HOST/data/projects/BRAIN`. What no
 * URL of ours can be made of becomes a pattern, and no address of XNAT's pages is `undefined`.
 */
export function urlOfPage(url: string): string | undefined {
  const [, scheme, host, path] = /^([a-z+]+):\/\/([^/?#]+)([^?#]*)/.exec(url) ?? [];
  const [, context, kind, rest] =
    /^((?:\/[^/]+)?)\/(data|REST|app)\/(?:archive\/)?(.+)$/.exec(path ?? "") ?? [];
  if (rest === undefined) return undefined;
  const names = kind === "app" ? namesOfPage(rest) : namesOfPath(rest.split("/"));
  if (!names) return undefined;
  const at = context ? [`~${context.slice(1)}`, ...names] : names;
  return `${OURS[scheme!] ?? scheme}://${host}/${at.join("/")}`;
}

const PATTERN = ["PROJECT", "SUBJECT", "EXPERIMENT"];

function namesOfPage(rest: string): readonly string[] | undefined {
  if (!/^(action|template)\//.test(rest)) return undefined;
  const [, type, value, project] = PAGE.exec(`/${rest}`) ?? [];
  if (type === undefined || value === undefined) return PATTERN;
  if (/projectData$/i.test(type)) return [value];
  if (/subjectData$/i.test(type)) return [project ?? "PROJECT", value];
  return [project ?? "PROJECT", "SUBJECT", value];
}

function namesOfPath(parts: readonly string[]): readonly string[] | undefined {
  if (!LEVELS.includes(parts[0]!)) return undefined;
  const names: string[] = [];
  for (const [level, name] of LEVELS.entries()) {
    const at = 2 * level;
    if (parts[at] === undefined) break;
    if (parts[at] !== name) return PATTERN;
    names.push(...parts.slice(at + 1, name === "files" ? undefined : at + 2));
  }
  return names.filter((each) => each !== "");
}
