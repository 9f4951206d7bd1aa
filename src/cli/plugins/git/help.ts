/** What `signpath-git --help` says. */
export const HELP = `signpath-git signs commits and tags for git with keys that stay in SignPath.

  git config gpg.format x509
  git config gpg.x509.program signpath-git
  git config user.signingkey project/policy
  git config commit.gpgsign true

git runs it, as it runs gpgsm:
  signpath-git --status-fd=2 -bsau project/policy          signs what comes on stdin
  signpath-git --status-fd=1 --verify SIGNATURE -          verifies what comes on stdin

The account is that of signpath: SIGNPATH_API_TOKEN, SIGNPATH_ORGANIZATION_ID and others, or
SIGNPATH_CONFIG_FILE. Variables for signing:
  SIGNPATH_GIT_HASH              sha256, sha384 or sha512; sha256 or what belongs to the curve
  SIGNPATH_GIT_PADDING           pkcs1 or pss, for RSA keys; pkcs1
  SIGNPATH_CERTIFICATES          PEM files with the issuers of the policy's certificate
  SIGNPATH_TIMESTAMP_URLS        timestamp authorities, with spaces between them
and for verifying, which needs no account:
  SIGNPATH_GIT_ROOTS             PEM file with the roots to trust; nothing else is trusted
  SIGNPATH_GIT_TIMESTAMP_ROOTS   the same for timestamps; default: the roots
  SIGNPATH_CERTIFICATES          more certificates, not trusted
  SIGNPATH_GIT_VERIFIER          signpath (default), or gpgsm to have that verify instead
`;
