/** What stands for stdin among the files, and for stdout as output. */
export const STREAM = "-";
