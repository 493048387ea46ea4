# shellcheck shell=bash
# Sourced by the scripts that fetch Debian packages without installing them: lists, cache and state of a suite in a
# folder of their own, so that the machine's are not touched.
#
#   source scripts/private-apt.sh
#   private_apt FOLDER SUITE      sets apt_options and updates the lists
#   apt-get "${apt_options[@]}" download PACKAGE

# The archive the machine already uses, so that a mirror or proxy configured there is respected here.
archive_uri() {
  { sed -n 's/^URIs:[[:space:]]*//p' /etc/apt/sources.list.d/*.sources 2>/dev/null
    sed -nE 's/^deb (\[[^]]*\] )?([^ ]+).*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null
  } | grep -E '/debian/?$' | head -1 || true # a machine has one kind of file or the other
}

private_apt() {
  local folder=$1 suite=$2 uri
  uri=$(archive_uri)
  if [ -z "$uri" ]; then echo 'no Debian archive found in /etc/apt' >&2; return 1; fi
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" >"$folder/sources.list"
  apt_options=(-qq -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o Dir::State::status=/dev/null
    -o APT::Sandbox::User=root -o Acquire::Languages=none)
  apt-get "${apt_options[@]}" update
}
