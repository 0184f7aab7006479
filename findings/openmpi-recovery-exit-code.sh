#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mpirun of Open MPI, told --enable-recovery, ends with 0 whatever its processes
# have ended with.
#
# Seen with Open MPI 4.1.4 of Debian 12.  The manual says of the option no more
# than "Enable recovery from process failure".  A process that ends with 3 makes
# mpirun end with 3; with the option, under which the others may go on, it ends
# with 0, even when all of them have ended with 3 (MPI_Abort, too).  So a script
# that looks at the exit code of a job which has failed takes it for a good one.
#
# usage: findings/openmpi-recovery-exit-code.sh
# Exit code: 0 as described, 1 it has changed, 2 it could not be tried.
set -eu
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir packages root
for package in openmpi-bin=4.1.4-3+b1 libopenmpi3=4.1.4-3+b1 \
  openmpi-common=4.1.4-3 libevent-core-2.1-7=2.1.12-stable-8+deb12u1 \
  libevent-pthreads-2.1-7=2.1.12-stable-8+deb12u1 libhwloc15=2.9.0-1 \
  libpmix2=4.2.2-1+deb12u1 libfabric1=1.17.0-3 libucx0=1.13.1-1 \
  libibverbs1=44.0-2 librdmacm1=44.0-2 libnl-3-200=3.7.0-0.2+b1 \
  libnl-route-3-200=3.7.0-0.2+b1 libpsm2-2=11.2.185-2 \
  libpsm-infinipath1=3.3+20.604758e7-6.2 libmunge2=0.5.15-2+deb12u1 \
  libnuma1=2.0.16-1; do
  (cd packages &&
    apt-get -q -o APT::Sandbox::User=root download "$package" >/dev/null) ||
    exit 2
done
for file in packages/*.deb; do dpkg -x "$file" root; done

# Open MPI and PMIx find their parts by these.
root=$work/root
libraries=$root/usr/lib/x86_64-linux-gnu
export OPAL_PREFIX=$root/usr OPAL_BINDIR=$root/usr/bin
export OPAL_LIBDIR=$libraries/openmpi/lib
export OPAL_PKGLIBDIR=$OPAL_LIBDIR/openmpi3
export OPAL_PKGDATADIR=$root/usr/share/openmpi OPAL_SYSCONFDIR=$root/etc/openmpi
export PMIX_INSTALL_PREFIX=$libraries/pmix2
export PMIX_MCA_mca_base_component_path=$libraries/pmix2/lib/pmix
export LD_LIBRARY_PATH=$libraries:$OPAL_LIBDIR:$libraries/pmix2/lib

# Runs two processes that end with 3, and prints what mpirun ends with.
try() {
  local code=0
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    "$root/usr/bin/orterun" --oversubscribe "$@" -n 2 sh -c 'exit 3' \
    >said 2>&1 || code=$?
  echo "$code"
}

"$root/usr/bin/orterun" --version | head -n 1
plain=$(try)
recovering=$(try --enable-recovery)
echo "two processes end with 3, and mpirun with $plain;" \
  "with --enable-recovery with $recovering"
[ "$plain" = 3 ] || {
  tail -n 5 said
  exit 2
}
[ "$recovering" = 0 ] || exit 1
