package osinfo

import (
	"fmt"

	"golang.org/x/sys/windows"
)

func version() string {
	v := windows.RtlGetVersion()
	return fmt.Sprintf("%d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
}

func locale() (string, error) {
	languages, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil {
		return "", fmt.Errorf("language of the user: %w", err)
	}
	for _, l := range languages {
		if isTag(l) {
			return l, nil
		}
	}
	return "", nil
}
