export { basename, dirname, extname, fromFileUrl, isAbsolute, join, normalize, relative, resolve, SEPARATOR, toFileUrl } from "./_native.ts";
