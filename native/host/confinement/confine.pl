# First program inside the sandbox, in what Debian and Ubuntu always have (perl-base): takes away what bubblewrap cannot,
# then becomes the engine. Whatever fails ends it before the engine is there; a kernel without Landlock is passed over.
#
#   confine.pl MACHINE LIMITS FILTER EXECUTABLE READABLE COMMAND [ARGUMENT ...]
#
# LIMITS: "resource=value,..."; FILTER: the seccomp program in hex, or ""; EXECUTABLE and READABLE: paths, a colon between.
my ($machine, $limits, $filter, $executable, $readable) = splice @ARGV, 0, 5;
my ($prctl, $prlimit64, $seccomp, $sched_setattr) = $machine eq "arm64" ? (167, 261, 277, 274) : (157, 302, 317, 314);
my ($landlock_create, $landlock_add, $landlock_restrict, $close_range) = (444, 445, 446, 436);

sub refuse { print STDERR "confine: $_[0]: $!\n"; exit 111 }

for (split /,/, $limits) {
  my ($resource, $most) = split /=/;
  syscall($prlimit64, 0, $resource + 0, pack("QQ", $most, $most), 0) == 0 or refuse("limit $resource");
}

# Short slices of the processor: who runs seldom then waits for no long one of a program that runs on. Kernels before 6.12
# know none, and let who was asleep go first.
syscall($sched_setattr, 0, pack("LLQlLQQQ", 48, 0, 0, getpriority(0, 0), 0, 500_000, 0, 0), 0);

syscall($prctl, 38, 1, 0, 0, 0) == 0 or refuse("no new privileges");

# Every right that this kernel knows is handled, so all but these files is closed: read, and of some executed. Nothing may
# be listed, written, made or removed; no TCP, no abstract socket and no signal to whoever is not in here.
my $abi = syscall($landlock_create, 0, 0, 1);
if ($abi > 0) {
  my $files = $abi >= 5 ? 0xffff : $abi >= 3 ? 0x7fff : $abi == 2 ? 0x3fff : 0x1fff;
  my $handled = substr pack("QQQ", $files, 3, 3), 0, $abi >= 6 ? 24 : $abi >= 4 ? 16 : 8;
  my $rules = syscall($landlock_create, $handled, length $handled, 0);
  $rules >= 0 or refuse("landlock");
  my ($execute, $read) = (1, 4);
  for (map({ [$_, $execute | $read] } split /:/, $executable), map({ [$_, $read] } split /:/, $readable)) {
    my ($path, $rights) = @$_;
    sysopen(my $file, $path, 0x280000) or refuse($path);
    syscall($landlock_add, $rules, 1, pack("Ql", $rights, fileno $file), 0) == 0 or refuse("landlock $path");
  }
  syscall($landlock_restrict, $rules, 0) == 0 or refuse("landlock");
}

# All but standard input, output, error and the channel. A kernel before 5.9 has no such call: the probe says what is open.
syscall($close_range, 4, 0xffffffff, 0);

if ($filter ne "") {
  my $program = pack "H*", $filter;
  syscall($seccomp, 1, 0, pack("Sx6P", length($program) / 8, $program)) == 0 or refuse("filter");
}

exec { $ARGV[0] } @ARGV or refuse($ARGV[0]);
