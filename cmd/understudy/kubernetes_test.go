package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/cli"
)

// deployment is what docs/kubernetes.json says that the program must know, too.
type deployment struct {
	Replicas int
	Strategy struct {
		RollingUpdate struct{ MaxSurge, MaxUnavailable int }
	}
	Template struct {
		Metadata struct{ Labels map[string]string }
		Spec     struct {
			TerminationGracePeriodSeconds int
			SecurityContext               struct {
				RunAsUser           int
				FSGroupChangePolicy string
			}
			Affinity struct {
				PodAffinity struct {
					RequiredDuringSchedulingIgnoredDuringExecution []struct {
						LabelSelector struct{ MatchLabels map[string]string }
						TopologyKey   string
					}
				}
			}
			Containers []container
		}
	}
}

type container struct {
	Env                           []struct{ Name, Value string }
	Ports                         []struct{ ContainerPort int }
	LivenessProbe, ReadinessProbe struct{ HTTPGet struct{ Path string } }
	VolumeMounts                  []struct{ MountPath string }
}

// theDeployment is the one of docs/kubernetes.json, and the claim's access modes.
func theDeployment(t *testing.T) (d deployment, access []string) {
	t.Helper()
	var list struct {
		Items []struct {
			Kind string
			Spec json.RawMessage
		}
	}
	into := func(data []byte, v any) {
		if err := json.Unmarshal(data, v); err != nil {
			t.Fatal(err)
		}
	}
	into([]byte(read(t, "../../docs/kubernetes.json")), &list)
	for _, item := range list.Items {
		switch item.Kind {
		case "Deployment":
			into(item.Spec, &d)
		case "PersistentVolumeClaim":
			var claim struct{ AccessModes []string }
			into(item.Spec, &claim)
			access = claim.AccessModes
		}
	}
	if len(d.Template.Spec.Containers) != 1 {
		t.Fatalf("the deployment has %d containers, want one", len(d.Template.Spec.Containers))
	}
	return d, access
}

// TestKubernetesExample checks the example against the program: names, ports,
// paths and users. That it runs on a cluster is nothing that a test here shows.
func TestKubernetesExample(t *testing.T) {
	d, access := theDeployment(t)
	pod, c := d.Template.Spec, d.Template.Spec.Containers[0]
	known := []string{"UNDERSTUDY_LOG_JSON"}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[cli.Settings]()) {
		known = append(known, field.Tag.Get("env"))
	}
	values := map[string]string{}
	for _, e := range c.Env {
		values[e.Name] = e.Value
		if !slices.Contains(known, e.Name) {
			t.Errorf("the program has no setting %s", e.Name)
		}
		if path := strings.TrimPrefix(e.Value, "bolt:"); strings.HasPrefix(path, "/") &&
			!slices.ContainsFunc(c.VolumeMounts, func(m struct{ MountPath string }) bool { return strings.HasPrefix(path, m.MountPath+"/") }) {
			t.Errorf("%s is %s, which is on no volume", e.Name, path)
		}
	}
	for _, check := range []struct {
		what      string
		got, want any
	}{
		{"replicas", d.Replicas, 1},
		{"pods beside the old one", d.Strategy.RollingUpdate.MaxSurge, 1},
		{"pods that may lack", d.Strategy.RollingUpdate.MaxUnavailable, 0},
		{"taking over", values["UNDERSTUDY_TAKE_OVER"], "true"},
		{"address", values["UNDERSTUDY_LISTEN"], "0.0.0.0:" + strconv.Itoa(c.Ports[0].ContainerPort)},
		{"access", access, []string{"ReadWriteOnce"}},
		{"rights of files that are there", pod.SecurityContext.FSGroupChangePolicy, "OnRootMismatch"},
		{"node", pod.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].TopologyKey, "kubernetes.io/hostname"},
		{"node of the pods with", pod.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchLabels, d.Template.Metadata.Labels},
	} {
		if !reflect.DeepEqual(check.got, check.want) {
			t.Errorf("%s: %v, want %v", check.what, check.got, check.want)
		}
	}
	if user := "USER " + strconv.Itoa(pod.SecurityContext.RunAsUser) + ":"; !strings.Contains(read(t, "../../Dockerfile"), user) {
		t.Errorf("the Dockerfile has no %s", user)
	}
	if !strings.Contains(read(t, "../../Dockerfile"), "TMPDIR="+c.VolumeMounts[0].MountPath+"\n") {
		t.Errorf("the Dockerfile sets no TMPDIR that can be written when the image can't: store check has no room for its copy")
	}
	for _, probe := range []string{c.LivenessProbe.HTTPGet.Path, c.ReadinessProbe.HTTPGet.Path} {
		w := httptest.NewRecorder()
		api.Handler(func(context.Context) error { return nil }, http.NotFoundHandler(), nil, nil).ServeHTTP(w, httptest.NewRequest(http.MethodGet, probe, nil))
		if w.Code != http.StatusOK {
			t.Errorf("GET %s: %d", probe, w.Code)
		}
	}
}
