/**
 * XML schemas of the types that the emulator knows, small enough for clients that build classes of them.
 *
 * @module
 */

import { type ElementType, NUMERIC, typeOf, TYPES } from "../model/schema.ts";

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" ' +
  'xmlns:xnat="http://nrg.wustl.edu/xnat" xmlns:xdat="http://nrg.wustl.edu/xdat" ' +
  'xmlns:icr="http://icr.ac.uk/icr" targetNamespace="http://nrg.wustl.edu/';

/**
 * Lists of children by type: element of the list, element of its members, their type; or, for texts,
 * the attribute that they have.
 */
const LISTS: Readonly<Record<string, readonly (readonly [string, string, string])[]>> = {
  projectData: [
    ["aliases", "alias", "@source"],
    ["investigators", "investigator", "investigatorData"],
    ["resources", "resource", "abstractResource"],
    ["fields", "field", "@name"],
  ],
  subjectData: [
    ["sharing", "share", "projectParticipant"],
    ["resources", "resource", "abstractResource"],
    ["fields", "field", "@name"],
    ["experiments", "experiment", "subjectAssessorData"],
  ],
  experimentData: [
    ["sharing", "share", "experimentData_share"],
    ["resources", "resource", "abstractResource"],
    ["fields", "field", "@name"],
  ],
  imageSessionData: [
    ["scans", "scan", "imageScanData"],
    ["reconstructions", "reconstructedImage", "reconstructedImageData"],
    ["assessors", "assessor", "imageAssessorData"],
  ],
};

/** Attributes, where every other field is an element. */
const ATTRIBUTES = new Set([
  "ID",
  "project",
  "label",
  "secondary_ID",
  "UID",
  "group",
  "src",
  "visit_id",
]);

/** A part of a subject that has a type of its own. */
const DEMOGRAPHICS = "demographics";

/** Numbers without a fraction. */
const INTEGERS = new Set(["frames", "demographics/yob"]);

const LABELLED = new Set(["subjectData", "experimentData", "abstractResource"]);

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function complexType(type: ElementType): string {
  const name = local(type.name);
  const isScan = name === "imageScanData";
  const isAttribute = (field: string) => ATTRIBUTES.has(field) || (isScan && field === "type");
  const elements = type.fields.filter((field) => !isAttribute(field) && !field.includes("/"));
  const nested = nestedElements(type.fields.filter((field) => field.includes("/")), elements);
  if (nested.has(DEMOGRAPHICS)) {
    nested.set(
      DEMOGRAPHICS,
      `<xs:element name="demographics" type="xnat:abstractDemographicData" minOccurs="0"/>`,
    );
  }
  const plain = elements.filter((field) => !nested.has(field)).map((field) =>
    `<xs:element name="${field}" type="${fieldType(field)}" minOccurs="0"/>`
  );
  const lists = (LISTS[name] ?? []).map(([outer, inner, member]) =>
    `<xs:element name="${outer}" minOccurs="0"><xs:complexType><xs:sequence>` +
    `${listMember(inner, member)}</xs:sequence></xs:complexType></xs:element>`
  );
  if (isScan) {
    lists.push(
      '<xs:element name="image_session_ID" type="xs:string" minOccurs="0"/>',
      '<xs:element name="file" type="xnat:abstractResource" minOccurs="0" maxOccurs="unbounded"/>',
    );
  }
  if (name === "derivedData") {
    const sides = ["in", "out"].map((side) =>
      `<xs:element name="${side}" minOccurs="0"><xs:complexType><xs:sequence><xs:element name="file" ` +
      'type="xnat:abstractResource" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>' +
      "</xs:complexType></xs:element>"
    );
    lists.push(...sides);
  }
  const attributes = type.fields.filter(isAttribute)
    .map((field) => `<xs:attribute name="${field}" type="xs:string"/>`);
  const body = `<xs:sequence>${[...plain, ...nested.values(), ...lists].join("\n")}</xs:sequence>` +
    attributes.join("\n");
  const content = type.parent
    ? `<xs:complexContent><xs:extension base="${type.parent}">${body}</xs:extension></xs:complexContent>`
    : body;
  const label = LABELLED.has(name) ? identifiedBy("label") : "";
  return `<xs:complexType name="${name}">${label}${content}</xs:complexType>`;
}

/** Says by which of their fields people, and clients, know members of a list. */
function identifiedBy(field: string): string {
  return `<xs:annotation><xs:appinfo><xdat:element displayIdentifiers="${field}"/></xs:appinfo></xs:annotation>`;
}

function listMember(name: string, member: string): string {
  const open = `<xs:element name="${name}" minOccurs="0" maxOccurs="unbounded"`;
  if (!member.startsWith("@")) return `${open} type="xnat:${member}"/>`;
  const key = member.slice(1);
  return `${open}>${identifiedBy(key)}<xs:complexType><xs:simpleContent>` +
    `<xs:extension base="xs:string"><xs:attribute name="${key}" type="xs:string"/>` +
    "</xs:extension></xs:simpleContent></xs:complexType></xs:element>";
}

function fieldType(field: string): string {
  if (INTEGERS.has(field)) return "xs:integer";
  return NUMERIC.has(field) ? "xs:float" : field === "date" ? "xs:date" : "xs:string";
}

/** Elements for fields such as `scanner/model`, one for each first step. */
function nestedElements(fields: readonly string[], plain: readonly string[]): Map<string, string> {
  const groups = Map.groupBy(fields, (field) => field.slice(0, field.indexOf("/")));
  const elements = new Map<string, string>();
  for (const [name, members] of groups) {
    const inner = members.map((field) => field.slice(name.length + 1));
    const attributes = inner.filter((field) => !field.includes("/"))
      .map((field) => `<xs:attribute name="${field}" type="xs:string"/>`);
    const deeper = nestedElements(inner.filter((field) => field.includes("/")), []);
    const content = plain.includes(name)
      ? `<xs:simpleContent><xs:extension base="xs:string">${
        attributes.join("")
      }</xs:extension></xs:simpleContent>`
      : `<xs:sequence>${[...deeper.values()].join("")}</xs:sequence>${attributes.join("")}`;
    elements.set(
      name,
      `<xs:element name="${name}" minOccurs="0"><xs:complexType>${content}</xs:complexType></xs:element>`,
    );
  }
  return elements;
}

/** Types of list members that are no types of objects. */
function smallTypes(): string {
  const share = (name: string) =>
    `<xs:complexType name="${name}"><xs:attribute name="label" type="xs:string"/>` +
    '<xs:attribute name="project" type="xs:string"/></xs:complexType>';
  const demographics = typeOf("xnat:subjectData")!.fields.flatMap((field) => {
    const [first, name] = field.split("/");
    return first === DEMOGRAPHICS
      ? [`<xs:element name="${name}" type="${fieldType(field)}" minOccurs="0"/>`]
      : [];
  });
  return [
    '<xs:complexType name="abstractDemographicData"/>',
    '<xs:complexType name="demographicData"><xs:complexContent>' +
    `<xs:extension base="xnat:abstractDemographicData"><xs:sequence>${demographics.join("")}` +
    "</xs:sequence></xs:extension></xs:complexContent></xs:complexType>",
    share("projectParticipant"),
    share("experimentData_share"),
    '<xs:complexType name="investigatorData"><xs:sequence>' +
    '<xs:element name="firstname" type="xs:string" minOccurs="0"/>' +
    '<xs:element name="lastname" type="xs:string" minOccurs="0"/></xs:sequence></xs:complexType>',
  ].join("\n");
}

function schemaOf(prefix: string, path: string, extra: string): string {
  const types = TYPES.filter(({ name }) => name.startsWith(`${prefix}:`));
  const concrete = types.filter(({ abstract }) => !abstract).map(({ name, element }) =>
    `<xs:element name="${element}" type="${name}"/>`
  );
  return `${HEAD}${path}" elementFormDefault="qualified" attributeFormDefault="unqualified">\n` +
    `${concrete.join("\n")}\n${types.map(complexType).join("\n")}\n${extra}\n</xs:schema>\n`;
}

const XDAT = `${HEAD}xdat" elementFormDefault="qualified" attributeFormDefault="unqualified">
<xs:complexType name="user"><xs:sequence>
<xs:element name="login" type="xs:string" minOccurs="0"/>
</xs:sequence></xs:complexType>
</xs:schema>
`;

/** All schemas by name. */
export const SCHEMAS: Readonly<Record<string, string>> = {
  xdat: XDAT,
  xnat: schemaOf("xnat", "xnat", smallTypes()),
  "icr": schemaOf("icr", "icr", "").replace("http://nrg.wustl.edu/icr", "http://icr.ac.uk/icr"),
};
