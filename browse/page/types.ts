/** What the server answers. */

/** A row of a listing. */
export interface Row {
  readonly name: string;
  readonly isDir: boolean;
  readonly isLink?: boolean;
  readonly isOther?: boolean;
  readonly label?: string;
  readonly size?: number;
  /** Milliseconds since the epoch. */
  readonly mtime?: number;
}

/** What is shown, and what can be done with it. */
export interface Root {
  readonly url: string;
  readonly name: string;
  readonly isDirectory: boolean;
  readonly driver: string;
  readonly can: {
    readonly upload: boolean;
    readonly namesByContent: boolean;
    readonly mkdir: boolean;
    readonly remove: boolean;
    readonly rename: boolean;
  };
  readonly uploadBytes: number;
}

/** What is known of a place. */
export interface Facts {
  readonly kind: string;
  readonly size?: number;
  readonly mtime?: number;
  readonly mediaType?: string;
  readonly digests?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly format?: string;
  readonly isImage?: boolean;
}

/** The images of a directory. */
export interface Series {
  readonly title: string;
  readonly images: readonly {
    readonly name: string;
    readonly label?: string;
    readonly frames: number;
  }[];
}

/** What a picture shows. */
export interface PictureAbout {
  readonly frame: number;
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
  readonly window?: { readonly center: number; readonly width: number };
  readonly isGrey: boolean;
  readonly modality?: string;
}

/** An element of a header. */
export interface HeaderRow {
  readonly tag: string;
  readonly vr: string;
  readonly length?: number;
  readonly name: string;
  readonly value: string;
  readonly items?: readonly (readonly HeaderRow[])[];
}

/** A header. */
export interface Header {
  readonly rows: readonly HeaderRow[];
  readonly warnings: readonly string[];
  readonly isCut: boolean;
}
