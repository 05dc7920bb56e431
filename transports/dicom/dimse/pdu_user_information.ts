/**
 * The user information item and its sub-items (PS3.7 §D.3.3).
 *
 * @module
 */

import type { ByteBuilder } from "./byte_builder.ts";
import type { ByteCursor } from "./byte_cursor.ts";
import {
  type CommonExtendedNegotiation,
  type ExtendedNegotiation,
  MAX_ITEMS,
  PduError,
  type RoleSelection,
  type UserIdentity,
  type UserInformation,
} from "./pdu.ts";

/** Item types within user information. */
const ITEM = {
  MAX_LENGTH: 0x51,
  IMPLEMENTATION_CLASS_UID: 0x52,
  ASYNC_WINDOW: 0x53,
  ROLE: 0x54,
  IMPLEMENTATION_VERSION_NAME: 0x55,
  EXTENDED: 0x56,
  COMMON_EXTENDED: 0x57,
  USER_IDENTITY: 0x58,
  USER_IDENTITY_RESPONSE: 0x59,
} as const;

/** Appends the sub-items of `user`. */
export function writeUserInformation(out: ByteBuilder, user: UserInformation): void {
  const item = (type: number, write: () => void) => out.uint8(type).uint8(0).sized16(write);
  const sized = (text: string) => out.sized16(() => out.text(text));
  item(ITEM.MAX_LENGTH, () => out.uint32(user.maxLength));
  item(ITEM.IMPLEMENTATION_CLASS_UID, () => out.text(user.implementationClassUID));
  const { asyncWindow, implementationVersionName, userIdentity, userIdentityResponse } = user;
  if (asyncWindow) {
    item(ITEM.ASYNC_WINDOW, () => out.uint16(asyncWindow.invoked).uint16(asyncWindow.performed));
  }
  for (const { sopClassUID, scu, scp } of user.roles) {
    item(ITEM.ROLE, () => sized(sopClassUID).uint8(Number(scu)).uint8(Number(scp)));
  }
  if (implementationVersionName !== undefined) {
    item(ITEM.IMPLEMENTATION_VERSION_NAME, () => out.text(implementationVersionName));
  }
  for (const { sopClassUID, information } of user.extended) {
    item(ITEM.EXTENDED, () => sized(sopClassUID).raw(information));
  }
  for (const { sopClassUID, serviceClassUID, relatedSopClassUIDs } of user.commonExtended) {
    item(ITEM.COMMON_EXTENDED, () => {
      sized(sopClassUID);
      sized(serviceClassUID);
      out.sized16(() => relatedSopClassUIDs.forEach(sized));
    });
  }
  if (userIdentity) {
    const { type, responseRequested, primary, secondary } = userIdentity;
    item(ITEM.USER_IDENTITY, () => {
      out.uint8(type).uint8(Number(responseRequested));
      out.sized16(() => out.raw(primary)).sized16(() => out.raw(secondary));
    });
  }
  if (userIdentityResponse) {
    item(
      ITEM.USER_IDENTITY_RESPONSE,
      () => out.sized16(() => out.raw(userIdentityResponse)),
    );
  }
}

/** Reads the sub-items; unknown ones are stepped over. @throws `PduError` */
export function readUserInformation(cursor: ByteCursor): UserInformation {
  const roles: RoleSelection[] = [];
  const extended: ExtendedNegotiation[] = [];
  const commonExtended: CommonExtendedNegotiation[] = [];
  const user: { -readonly [Key in keyof UserInformation]: UserInformation[Key] } = {
    maxLength: 0,
    implementationClassUID: "",
    roles,
    extended,
    commonExtended,
  };
  for (let count = 0; cursor.left > 0; count++) {
    if (count >= MAX_ITEMS) throw new PduError(`${cursor.what} has more than ${MAX_ITEMS} items`);
    const type = cursor.uint8();
    cursor.skip(1);
    const item = cursor.part(cursor.uint16(), `Item ${type.toString(16).toUpperCase()}H`);
    const sized = () => item.text(item.uint16());
    switch (type) {
      case ITEM.MAX_LENGTH:
        user.maxLength = item.uint32();
        break;
      case ITEM.IMPLEMENTATION_CLASS_UID:
        user.implementationClassUID = item.text(item.left);
        break;
      case ITEM.ASYNC_WINDOW:
        user.asyncWindow = { invoked: item.uint16(), performed: item.uint16() };
        break;
      case ITEM.ROLE:
        roles.push({ sopClassUID: sized(), scu: item.uint8() === 1, scp: item.uint8() === 1 });
        break;
      case ITEM.IMPLEMENTATION_VERSION_NAME:
        user.implementationVersionName = item.text(item.left);
        break;
      case ITEM.EXTENDED:
        extended.push({ sopClassUID: sized(), information: item.bytes(item.left) });
        break;
      case ITEM.COMMON_EXTENDED:
        commonExtended.push(readCommonExtended(item));
        break;
      case ITEM.USER_IDENTITY:
        user.userIdentity = readUserIdentity(item);
        break;
      case ITEM.USER_IDENTITY_RESPONSE:
        user.userIdentityResponse = item.bytes(item.uint16());
        break;
    }
  }
  return user;
}

function readCommonExtended(item: ByteCursor): CommonExtendedNegotiation {
  const sopClassUID = item.text(item.uint16());
  const serviceClassUID = item.text(item.uint16());
  const list = item.part(item.uint16(), item.what);
  const relatedSopClassUIDs: string[] = [];
  while (list.left > 0) {
    if (relatedSopClassUIDs.length >= MAX_ITEMS) {
      throw new PduError(`${item.what} has more than ${MAX_ITEMS} related classes`);
    }
    relatedSopClassUIDs.push(list.text(list.uint16()));
  }
  return { sopClassUID, serviceClassUID, relatedSopClassUIDs };
}

function readUserIdentity(item: ByteCursor): UserIdentity {
  const type = item.uint8();
  const responseRequested = item.uint8() === 1;
  const primary = item.bytes(item.uint16());
  const secondary = item.bytes(item.uint16());
  return { type, responseRequested, primary, secondary };
}
