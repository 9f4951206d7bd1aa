/** A host is not asked, because one of its addresses is not of the public Internet. */
export class NotPublic extends Error {
  constructor() {
    super("it is no public address");
  }
}
