# SPDX-License-Identifier: MIT
# Adds up the instructions in a callgrind output file by layer: each directory
# of lib/, the bench itself, and the libraries.  A function's own instructions
# count, and what was inlined into it; what it calls counts where it is.
#
# The format: "ob=", "fl=" and "fn=" say which object, file and function the
# lines of cost belong to; "fi=" and "fe=" that the lines are of another file
# that was inlined; a name is written once, as "(3) name", and "(3)" after that,
# also by the "cob=", "cfi=" and "cfl=" of a call.  The line after "calls=" is
# what the call cost in all, and is left out.

function named(text, names,   id) {
  match(text, /^\([0-9]+\)/)
  if (RLENGTH < 0) return text
  id = substr(text, 1, RLENGTH)
  if (length(text) > RLENGTH) names[id] = substr(text, RLENGTH + 2)
  return names[id]
}

function layer(object, file,   parts, count) {
  sub(/.*\//, "", object)
  if (object ~ /^libcurl/) return "libcurl"
  if (object ~ /^lib(ssl|crypto)\./) return "openssl"
  if (object ~ /^lib(c|m|pthread|mvec)[.-]/) return "libc"
  if (object !~ /^(liblariat|bench-path|plain)/) return "other"
  count = split(file, parts, "/")
  if (count > 2 && parts[count - 2] == "lib") return "lib/" parts[count - 1]
  return object ~ /^liblariat/ ? "lib/?" : "bench"
}

# One line for each position, one or more columns before the cost.
/^positions:/ { columns = NF - 1 }

/^c?ob=/ {
  name = named(substr($0, index($0, "=") + 1), objects)
  if ($0 ~ /^ob=/) object = name
  next
}
/^(fl|fi|fe|cfi|cfl)=/ {
  name = named(substr($0, index($0, "=") + 1), files)
  if ($0 !~ /^c/) file = name
  next
}
/^fn=/ { current = layer(object, file); next }
/^calls=/ { skip = 1; next }
/^[0-9+*-]/ {
  if (skip) { skip = 0; next }
  sum[current] += $(columns + 1)
  total += $(columns + 1)
  next
}

END {
  printf "total\t%.0f\n", total
  for (name in sum) printf "%s\t%.0f\n", name, sum[name]
}
