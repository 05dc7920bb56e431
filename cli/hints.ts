/**
 * What a user can do about an error, where the error does not say it.
 *
 * @module
 */

import { urlOfPage } from "../transports/xnat/web_address.ts";
import { isVfsError, type VfsError } from "../vfs/errors.ts";

/** A hint for who ran `command`; `subject` is what the error is about, where its message names another place. */
export function hintFor(error: unknown, command: string, subject?: string): string | undefined {
  if (!isVfsError(error)) return undefined;
  return ofCommand(error, command) ?? ofPlace(error, subject ?? error.url) ?? ofDeno(error);
}

function ofCommand({ kind }: VfsError, command: string): string | undefined {
  switch (`${kind} ${command}`) {
    case "IsADirectory cp":
      return "use -r to copy directories";
    case "IsADirectory hash":
      return "use -r for directories";
    case "IsADirectory dump":
      return "of the files in it: medvfs find -0 DIR --type f | medvfs dump -0 --from-file -";
    case "NotADirectory sync":
      return "cp copies single files";
    case "NotEmpty rm":
      return "use -r to remove what is in it";
    case "NotFound mkdir":
      return "use -p to make what is above too";
    case "NotSupported check":
      return "sync -n --exists tells what an archive does not have";
  }
}

/** An archive by its name, and what a path has below it. */
const ARCHIVE = /^((?!zip:|tar:).*\.(?:zip|tar|tgz|tar\.gz))(?:\/(.+))?$/i;

function ofPlace({ kind, op, url }: VfsError, subject: string): string | undefined {
  if (op === "find the label") {
    return '"medvfs label ls" lists images, with the tags of their labels';
  }
  const ours = /^https?:/.test(url) ? urlOfPage(url) : undefined;
  if (ours) return `if that is an XNAT, write "${ours}"`;
  const isXnat = /^xnat\b/.test(url);
  if (kind === "NotFound" && isXnat && ["write", "import into"].includes(op)) {
    return "a project has to be there first: medvfs mkdir makes one";
  }
  if (kind === "NotSupported" && isXnat && op === "write") {
    return "medvfs sync --importer files DICOM by what is in it";
  }
  const [, archive, below] = ARCHIVE.exec(subject) ?? [];
  if (kind === "NotSupported" && /^dicoms?:/.test(url) && archive && !below) {
    return `what is in it: "${archive}?**"`;
  }
  if (kind === "NotFound" && archive && below) {
    if (op === "remove") return memberHint(url);
    return `what is in an archive follows a "?": "${archive}?${below}"`;
  }
  if (kind === "InvalidUrl" && /^(zip|tar):(?!\/\/)/.test(url)) {
    return `name the archive itself, and what is in it after a "?", as in "study.zip?*.dcm"`;
  }
  // The XNAT driver tells all the ways to log in.
  if (kind === "Unauthenticated" && !isXnat) {
    return `name the user in the URL, as in ${/^[^:]*/.exec(url)}://USER:PASSWORD@HOST/`;
  }
}

function memberHint(url: string): string | undefined {
  const [, archive = "", below = ""] = ARCHIVE.exec(url) ?? [];
  const member = `zip://${encodeURIComponent(archive)}/${below}`;
  return /\.zip$/i.test(archive) ? `what is in it is named by its URL: "${member}"` : undefined;
}

/** The flag that Deno asks for, in an error or underneath. */
function ofDeno({ cause, message }: VfsError): string | undefined {
  for (let at = cause; at instanceof Error; at = at.cause) {
    if (!(at instanceof Deno.errors.NotCapable)) continue;
    const flag = /--allow-[a-z]+/.exec(at.message)?.[0];
    return flag && !message.includes(flag) ? `run Deno with ${flag}` : undefined;
  }
}
