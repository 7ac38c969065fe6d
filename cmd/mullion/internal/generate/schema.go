package generate

import "github.com/mullion-dev/mullion/cmd/mullion/internal/project"

func schemas(found *project.Project, p *program) ([]output, error) { return nil, nil }
