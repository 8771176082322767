# A compromised engine: it stands in the engine's place, speaks to the kernel without any library between, and tries what
# an engine must not be able to do. It writes a line an attempt to descriptor 3: its name, and what came of it: "reached"
# (with what, where that says more), or the name of the kernel's error.
#
#   evil-engine.pl MACHINE OTHER_PID START
#
# As a spare it waits for a word before it begins.
my ($machine, $other, $start) = @ARGV;
my %x64 = (ptrace => 101, process_vm_readv => 310, memfd_create => 319, sysinfo => 99, io_uring_setup => 425, keyctl => 250,
  add_key => 248, bpf => 321, perf_event_open => 298, userfaultfd => 323, unshare => 272, setns => 308, mount => 165,
  socket => 41, shmget => 29, msgget => 68, mmap => 9, fork => 57, vfork => 58, clone => 56, clone3 => 435, execveat => 322,
  kill => 62, pidfd_open => 434, pidfd_getfd => 438, clock_gettime => 228, clock_settime => 227, setrlimit => 160,
  prlimit64 => 302, prctl => 157, open_by_handle_at => 304, chroot => 161, pivot_root => 155, mknodat => 259,
  modify_ldt => 154, personality => 135, sched_setaffinity => 203, capset => 126, setuid => 105, seccomp => 317,
  ioctl => 16, syslog => 103, init_module => 175, quotactl => 179, name_to_handle_at => 303, mq_open => 240);
my %arm64 = (ptrace => 117, process_vm_readv => 270, memfd_create => 279, sysinfo => 179, io_uring_setup => 425,
  keyctl => 219, add_key => 217, bpf => 280, perf_event_open => 241, userfaultfd => 282, unshare => 97, setns => 268,
  mount => 40, socket => 198, shmget => 194, msgget => 186, mmap => 222, clone => 220, clone3 => 435, execveat => 281,
  kill => 129, pidfd_open => 434, pidfd_getfd => 438, clock_gettime => 113, clock_settime => 112, setrlimit => 164,
  prlimit64 => 261, prctl => 167, open_by_handle_at => 265, chroot => 51, pivot_root => 41, mknodat => 33,
  personality => 92, sched_setaffinity => 122, capset => 91, setuid => 146, seccomp => 277, ioctl => 29, syslog => 116,
  init_module => 105, quotactl => 60, name_to_handle_at => 264, mq_open => 180);
my %number = $machine eq "arm64" ? %arm64 : %x64;
my %errors = (1 => "EPERM", 2 => "ENOENT", 3 => "ESRCH", 9 => "EBADF", 11 => "EAGAIN", 12 => "ENOMEM", 13 => "EACCES",
  14 => "EFAULT", 17 => "EEXIST", 19 => "ENODEV", 20 => "ENOTDIR", 22 => "EINVAL", 24 => "EMFILE", 30 => "EROFS",
  38 => "ENOSYS", 95 => "EOPNOTSUPP", 97 => "EAFNOSUPPORT");

open(my $channel, "+>&=", 3) or exit 1;
sysread($channel, my $word, 2) if $start eq "spare";
sub say_that { my ($name, $what) = @_; syswrite $channel, "$name $what\n" }
sub came_of { my ($ok, @with) = @_; $ok ? join(":", "reached", @with) : ($errors{$! + 0} || ($! + 0)) }
# A call by name; those that this machine never had are refused by nature.
sub call { my ($name, @args) = @_; defined $number{$name} ? syscall($number{$name}, @args) : do { $! = 38; -1 } }
sub try { my ($label, $name, @args) = @_; $! = 0; my $result = call($name, @args); say_that($label, came_of($result >= 0)); $result }

# What was handed down: anything open beside the standard three, the channel and this script's own text.
my @own = stat $0;
my @handed;
for my $descriptor (4 .. 1023) {
  open(my $handle, "<&=", $descriptor) or next;
  my @is = stat $handle;
  push @handed, $descriptor unless @is && $is[1] == $own[1];
}
say_that("descriptors", @handed ? "reached:" . join(",", @handed) : "EBADF");

# A process of its own, waited for: whoever is traced, as below, stops at its next signal, a child's end among them.
my $child = call("fork");
exit 0 if $child == 0;
say_that("fork", came_of($child > 0));
waitpid($child, 0) if $child > 0;

# Other processes: their files, memory, descriptors and lives.
for my $pid (1, $other) {
  my $who = $pid == 1 ? "first" : "other";
  say_that("proc-$who", came_of(opendir(my $folder, "/proc/$pid")));
  try("ptrace-$who", "ptrace", 16, $pid, 0, 0);
  my $bytes = "\0" x 64;
  try("memory-$who", "process_vm_readv", $pid, pack("PQ", $bytes, 64), 1, pack("QQ", 0x400000, 64), 1, 0);
  try("pidfd-$who", "pidfd_open", $pid, 0);
}
try("kill-other", "kill", $other + 0, 0);
try("kill-all", "kill", -1, 0);
try("ptrace-me", "ptrace", 0, 0, 0, 0);

# Memory that nobody counts, and the kernel's wider surface.
my $attribute = "\0" x 256;
try("memfd", "memfd_create", my $name = "evil", 0);
try("shared-memory", "mmap", 0, 64 << 20, 3, 0x21, -1, 0);
try("shm", "shmget", 0, 4096, 01600);
try("message-queue", "msgget", 0, 01600);
try("posix-queue", "mq_open", my $queue = "evil", 0102, 0600, 0);
try("io_uring", "io_uring_setup", 8, $attribute);
try("bpf", "bpf", 0, $attribute, 48);
try("perf", "perf_event_open", $attribute, 0, -1, -1, 0);
try("userfaultfd", "userfaultfd", 1);
try("keyring", "keyctl", 0, -3, 1);
try("key", "add_key", my $type = "user", my $description = "evil", my $secret = "s", 1, -3);
try("sysinfo", "sysinfo", my $machine_state = "\0" x 256);
try("kernel-log", "syslog", 10, 0, 0);
try("modules", "init_module", $attribute, 1, $attribute);
try("quota", "quotactl", 0, 0, 0, $attribute);

# More rights, other worlds.
try("user-namespace", "unshare", 0x10000000);
try("net-namespace", "unshare", 0x40000000);
try("setns", "setns", 3, 0);
try("mount", "mount", my $none = "none", my $target = "/engine", my $kind = "tmpfs", 0, 0);
try("chroot", "chroot", my $root = "/engine");
try("pivot", "pivot_root", my $new_root = "/engine", my $put_old = "/engine");
try("device", "mknodat", -100, my $node = "/engine/node", 0020666, 0x0103);
try("handle", "name_to_handle_at", -100, my $path = "/engine", pack("LlQ16", 128, 0, (0) x 16), my $mount_id = "\0" x 8, 0);
try("by-handle", "open_by_handle_at", -100, pack("LlQ2", 8, 1, 0, 0), 0);
try("become-root", "setuid", 0);
try("capabilities", "capset", pack("Ll", 0x20080522, 0), pack("L6", (0xffffffff) x 6));
try("personality", "personality", 0x0040000);
try("raise-limit", "prlimit64", 0, 7, pack("QQ", 4096, 4096), 0);
try("raise-threads", "prlimit64", 0, 6, pack("QQ", 4096, 4096), 0);
try("dumpable", "prctl", 4, 1, 0, 0, 0);
try("set-clock", "clock_settime", 0, pack("QQ", 0, 0));
try("terminal", "ioctl", 0, 0x5412, my $typed = "x");

# The network, every family.
my %families = (unix => 1, inet => 2, inet6 => 10, netlink => 16, packet => 17, vsock => 40, alg => 38);
try("socket-$_", "socket", $families{$_}, $_ eq "netlink" || $_ eq "packet" ? 3 : 1, 0) for sort keys %families;

# Processes by other ways, and other programs in its place.
for my $way (["vfork", "vfork"], ["clone", "clone", 17, 0, 0, 0, 0], ["clone3", "clone3", pack("QQQQQQQQ", 0, 0, 0, 0, 17, 0, 0, 0), 64]) {
  my ($label, $call, @args) = @$way;
  my $child = call($call, @args);
  say_that($label, came_of($child >= 0)) if $child != 0;
  exit 0 if $child == 0;
}
say_that("write", came_of(open(my $file, ">", "/engine/written")));
say_that("list", came_of(opendir(my $folder, "/")));
for my $path ("/engine/other", "/bin/confine.pl") {
  say_that("read-$path", came_of(open(my $file, "<", $path)));
}

# Its clocks: seconds since they began.
for my $clock (["monotonic", 1], ["boottime", 7]) {
  my $time = "\0" x 16;
  my $result = call("clock_gettime", $clock->[1], $time);
  say_that($clock->[0], $result == 0 ? "reached:" . (unpack "Q", $time) : came_of(0));
}

# Last: what is executed takes its place, and would say so itself.
for my $path ("/engine/other", "/bin/confine.pl", "/engine/evil-engine.pl") {
  exec { $path } $path, "executed";
  say_that("execute-$path", came_of(0));
}
call("execveat", -100, my $again = "/engine/other", 0, 0, 0);
say_that("execveat", came_of(0));
say_that("end", "tried");
