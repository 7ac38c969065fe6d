package launch

import (
	"log/slog"
	"strconv"
	"strings"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// ordinary are what libraries try at each start and do without. Nobody has to
// grant it; it is logged for those who ask for more.
var ordinary = map[sandbox.RefusalKind][]string{
	sandbox.RefusedConnect: {"/nscd/socket", "/dbus/system_bus_socket", "/broadway"}, // the last by GTK, where there is no display
	sandbox.RefusedFile:    {"/sys/firmware/acpi/pm_profile", "/etc/resolv.conf"},
	sandbox.RefusedCall:    {"fchown"}, // by SQLite, as root
}

// logRefusal tells what the kernel, or the broker, has refused to a process of
// from, and what would grant it.
func logRefusal(log *slog.Logger, r sandbox.Refusal, grant slog.Attr, from ...any) {
	args := append(from, "pid", r.PID, "program", r.Program)
	message := "mullion: connection refused"
	switch r.Kind {
	case sandbox.RefusedConnect:
		args = append(args, "to", r.What)
	case sandbox.RefusedFile:
		message = "mullion: file refused"
		args = append(args, "path", r.What, "to", purpose(r))
	case sandbox.RefusedCall:
		message = "mullion: system call refused"
		args = append(args, "call", r.What, "reason", r.Reason)
	}
	if !grant.Equal(slog.Attr{}) {
		args = append(args, grant)
	}
	for _, o := range ordinary[r.Kind] {
		if strings.Contains(r.What, o) {
			log.Debug(message, args...)
			return
		}
	}
	log.Warn(message, args...)
}

// purpose says what a file was wanted for.
func purpose(r sandbox.Refusal) string {
	switch {
	case r.Write:
		return "write"
	case r.Execute:
		return "start it as a program, which is never granted"
	}
	return "read"
}

// hostGrant is the permission that would let a host have what it was refused;
// zero if there is none.
func hostGrant(r sandbox.Refusal) slog.Attr {
	permission := ""
	switch {
	case r.Kind == sandbox.RefusedConnect:
		permission = connectPermission(r.What)
	case r.Kind == sandbox.RefusedCall || r.Execute:
	case r.Grant != "":
		permission = "sandbox:allow-" + r.Grant
	case r.Write:
		permission = `{"identifier": "sandbox:allow-write", "allow": [{"path": ` + strconv.Quote(r.What) + `}]}`
	default:
		permission = `{"identifier": "sandbox:allow-read", "allow": [{"path": ` + strconv.Quote(r.What) + `}]}`
	}
	if permission == "" {
		return slog.Attr{}
	}
	return slog.String("permission", permission)
}

// connectPermission is the permission for sockets like this one.
func connectPermission(to string) string {
	for _, g := range []struct{ part, permission string }{
		{"TCP ", "sandbox:allow-network"},
		{"/pulse/", "sandbox:allow-audio"},
		{"/pipewire-", "sandbox:allow-audio"},
	} {
		if strings.Contains(to, g.part) {
			return g.permission
		}
	}
	return ""
}

// workerGrant is the field of the public WorkerOptions that would let a worker have
// what it was refused; zero if there is none.
func workerGrant(r sandbox.Refusal) slog.Attr {
	option := ""
	switch {
	case r.Kind == sandbox.RefusedConnect && strings.Contains(r.What, "TCP "):
		option = "WorkerOptions.Connect"
	case r.Kind != sandbox.RefusedFile || r.Execute:
	case r.Write:
		option = "WorkerOptions.Write"
	default:
		option = "WorkerOptions.Read"
	}
	if option == "" {
		return slog.Attr{}
	}
	return slog.String("option", option)
}
