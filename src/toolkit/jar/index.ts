/**
 * Signs JAR files, APK files in their first scheme (v1) and any other zip file, with @zip.js/zip.js, 2.23 or later: 2.23
 * and 2.24 were run. What is written is checked with the JDK's jarsigner 17.
 *
 * What it cannot do: entries that are encrypted, or compressed by anything but deflate; names that are not in UTF-8 or that have
 * line breaks; Android's schemes v2 to v4, whose block is lost when a file is signed by v1, as with jarsigner.
 */
export type { SignJarOptions } from "./options.js";
export type { SignedJar, SignJarFileOptions } from "./sign-jar.js";
export { signJar, signJarBytes } from "./sign-jar.js";
