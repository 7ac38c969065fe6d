package doctor

import (
	"errors"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// patientRole is the role of the child that is confined to see what holds.
const patientRole = "doctor"

// IsPatient reports whether a process in this role is one that is confined to
// see what holds. The guard of a display beside it is another.
func IsPatient(role string) bool { return role == patientRole || role == sandbox.DisplayRole }

// remedies say what to do about a layer that does not hold.
var remedies = map[sandbox.Layer]string{
	sandbox.LayerNamespaces: "The kernel gives ordinary users no namespaces. On Ubuntu 23.10 and later AppArmor has a profile decide that " +
		"(kernel.apparmor_restrict_unprivileged_userns); elsewhere see user.max_user_namespaces and, on Debian, kernel.unprivileged_userns_clone. " +
		"In a container, the container has to allow them.",
	sandbox.LayerLandlock: "Use Linux 5.13 or newer with landlock in the lsm= parameter of the kernel.",
	sandbox.LayerSeccomp:  "Use a kernel with CONFIG_SECCOMP_FILTER.",
	sandbox.LayerBroker:   "Use Linux 5.9 or newer.",
	sandbox.LayerDisplay:  "Use a display of this machine: an X server lets all programs watch keyboard and screen, and one that is reached by TCP has no guard.",
	sandbox.LayerMemory: "Limits for all processes of a host together need control groups of version 2 that are delegated to the user, with the " +
		"memory controller, as a session of systemd has; without them each web process and each worker has a limit of its own.",
}

// confinement confines a child as hosts are, and tells what holds.
func confinement() []Finding {
	p, err := startPatient()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return []Finding{{Name: "confinement", Level: Weaker, Detail: err.Error()}}
	}
	p.Wait()
	var list []Finding
	for _, s := range p.Status() {
		f := Finding{Name: string(s.Layer), Level: OK, Detail: s.Detail}
		switch {
		case !s.Holds:
			f.Level, f.Advice = Weaker, remedies[s.Layer]
		case s.Layer == sandbox.LayerDisplay:
			f.Detail = "a guard stands between windows and " + s.Detail
		}
		list = append(list, f)
	}
	return list
}
