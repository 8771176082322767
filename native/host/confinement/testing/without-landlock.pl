# Becomes COMMAND on a kernel that has no Landlock, as far as that and all below it can tell: its calls are not there.
#
#   without-landlock.pl FILTER COMMAND [ARGUMENT ...]        FILTER: the seccomp program in hex
my $filter = pack "H*", shift @ARGV;
my ($prctl, $seccomp) = `uname -m` =~ /aarch64/ ? (167, 277) : (157, 317);
syscall($prctl, 38, 1, 0, 0, 0) == 0 or die "no new privileges: $!";
syscall($seccomp, 1, 0, pack("Sx6P", length($filter) / 8, $filter)) == 0 or die "filter: $!";
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!";
